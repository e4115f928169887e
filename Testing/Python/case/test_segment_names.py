"""What a segment's name says, in the words of many sites and languages."""

from __future__ import annotations

import pytest

from SynthTrustLib.case.outline.segment_names import Part, part_of

NAMES = {
    Part.ENHANCING: (
        "enhancing tumor|ET|ET enhancing tumor|et|GD-enhancing tumor (ET — label 4)|Enhancing tissue (ET)"
        "|EnhancingTumor|whole enhancing tumor|brats_et_mask|Tumor (enhancing)|non-necrotic enhancing tumor"
        "|tumor with enhancement|enhancement around necrosis|enhancing part of tumor core|ET (no necrosis)|CET"
        "|label 4: ET|Kontrastmittelaufnehmender Tumor|KM-Anreicherung|tumeur avec prise de contraste"
        "|tumeur prenant le contraste|tumor con realce|tumore captante|captación de contraste"
        "|kontrastuppladdande tumör|aankleurende tumor|强化肿瘤|造影増強腫瘍|조영증강 종양"
        "|накапливающая контраст опухоль|wzmacniający guz"
    ),
    Part.NECROSIS: (
        "necrosis|Necrotic core|non-enhancing tumor|Tumor, not enhancing|NCR/NET|Non-enhancing tumor core (NETC)"
        "|necrotic and non-enhancing tumor core (NCR/NET — label 1)|unenhanced tumor"
        "|Tumor without contrast enhancement|tumor w/o enhancement|absence of enhancement|enhancement: none"
        "|tumor enhancing: false|tumor which is not enhancing|non-Gd-enhancing|TC-ET|tumor core excluding ET"
        "|necrosis inside enhancing tumor|NonEnhancingTumor|nCET|nicht anreichernder Tumor|nichtanreichernder Tumor"
        "|Tumor ohne Kontrastmittelaufnahme|kein KM aufnehmender Tumor|tumeur non rehaussée"
        "|tumeur sans rehaussement|tumeur ne prenant pas le contraste|tumor sin realce|tumor que no capta contraste"
        "|tumor não captante|tumore senza presa di contrasto|tumör utan kontrastuppladdning|niet-aankleurend"
        "|tehostumaton kasvain|guz bez wzmocnienia|опухоль без контрастирования|неконтрастируемая опухоль"
        "|非强化肿瘤|无强化肿瘤|未强化肿瘤|造影増強なし 腫瘍|조영증강 없는 종양|비조영증강 종양"
    ),
    Part.CORE: (
        "tumor core|TC|Tumorkern|noyau tumoral|núcleo tumoral|肿瘤核心|ядро опухоли|tumor without edema"
        "|Tumor ohne Ödem|tumeur hors œdème|enhancing and non-enhancing tumor|ET+NCR"
        "|tumor core (enhancing + necrosis)|tumor excl. edema|tumor core including enhancing tumor|whole tumor core"
        "|tumor, edema excluded"
    ),
    Part.EDEMA: (
        "edema|oedema|Peritumoral Edema|Surrounding non-enhancing FLAIR hyperintensity (SNFH)|SNFH|Ödem|Tumorödem"
        "|œdème|水肿|浮腫|부종|obrzęk|отёк|T2/FLAIR hyperintensity|edema surrounding enhancing tumor"
        "|non-enhancing edema|WT-TC|whole tumor minus core|tumor outside core|Oedema (no enhancement, no necrosis)"
        "|edema (not tumor core)"
    ),
    Part.WHOLE: (
        "whole tumor|WT|Gesamttumor|tumeur entière|全肿瘤|вся опухоль|WT (ET + NCR + ED)|tumor core and edema"
    ),
    Part.TUMOR: (
        "tumor|lesion|GTV|Läsion|tumeur|опухоль|肿瘤|brain tumor|tumor with necrosis|residual tumor after resection"
    ),
    Part.OTHER: (
        "brain|Resection cavity (RC)|Resektionshöhle|healthy tissue|enhancing vessel|non-tumor|kein Tumor|no lesion"
        "|tumor-free brain|white matter|normal-appearing white matter|caudate nucleus"
    ),
    Part.UNSURE: ("whole tumor, non-enhancing|tumor without necrosis|tumor minus necrosis"),
    Part.UNKNOWN: ("Segment_1|left|my outline|"),
}


@pytest.mark.parametrize(("part", "name"), [(part, name) for part, names in NAMES.items() for name in names.split("|")])
def test_a_name_says_which_part_of_a_tumor_a_segment_is(part, name):
    assert part_of(name) is part
