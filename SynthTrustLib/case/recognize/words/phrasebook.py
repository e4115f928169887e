"""How the languages of the world's radiology say that an image was made with contrast agent, or without it.

A row is one language. A word that ends in ``*`` is a stem. One that begins with ``~`` stands behind its noun
("kontraszt nélkül"), all others before it. What is written with ``_`` is several words. Accents do not matter: words
are folded when read.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """One language's words about contrast agent, each field a list of words separated by spaces."""

    agent: str = ""
    """The agent and its injection: it was given, unless a word beside it says otherwise."""
    given: str = ""
    plain: str = ""
    """`given` and `plain`: words that say alone that it was given, or that it was not."""
    without: str = ""
    with_: str = ""
    before: str = ""
    after: str = ""
    """`without`, `with_`, `before` and `after`: words that say it of the agent beside them; alone only those of
    `ALONE`."""
    between: str = ""
    """Words that may stand between those and the agent."""
    and_: str = ""
    """Joins "with and without"."""


ANYWHERE = Phrases(
    agent="gd gad gado gadolinium gadolin* gadovist gadavist gadobut* gadoter* gadobenat* gadoxet* gadodiamid*"
    " gadopent* gadopiclenol gadopiklenol dotarem magnevist prohance multihance omniscan clariscan primovist eovist"
    " vueway elucirem"
    " artirem mdc kontr contr civ ivc ivkm gbca gdca gdtpa gddtpa bolus",
    given="c+ +c gd+ +gd gad+ +gad gado+ +gado ce +ce ce+ km+ +km k+ +k iv+ +iv",
    plain="noncontrast noncon precon nogd nogad nogado nocontrast",
    without="~minusmark",
    with_="~plusmark",
    between="iv",
)
"""Words of no language. A bare "iv" is as often a patient's or a grade's number."""

ALONE = (
    "post after nach apres après dopo despues depois tras efter etter eftir после след μετά"
    " pre before avant vor prima antes precontrast före πριν"
    " no non not without wo ohne sans senza sin sem zonder utan uten uden bez без sense fara χωρίς ללא بدون"
)
"""What says it even where no agent is named beside it: "T1 post" is T1c."""

BOTH = "withandwithout 前後 前后 전후 造影前後 增强前后 增強前後 조영전후"
"""What names an examination with both, rather than one series of it."""

LANGUAGES = {
    "en": Phrases(
        agent="contrast contrasts contrast* inj inject* dye pc",
        given="enhanced enhancement enhance* enh enhancing postcontrast",
        plain="native unenhanced nonenhanced noncontrast* nonenh nongad precontrast plain",
        without="no non not without wo ~not_given ~declined ~refused ~contraindicated",
        with_="w with",
        before="pre before prior",
        after="post after following",
        between="the any of agent agents media medium material administration",
        and_="and or",
    ),
    "de": Phrases(
        agent="km kontrast kontrast* injektion inj kontrastmittel kontrastmittelgabe",
        given="kontrastiert kontrastierte kontrastverstärkt kontrastangehoben kmgabe",
        plain="nativ native natives nativaufnahme kontrastlos kontrastfrei*",
        without="ohne kein keine keinem oslash o ~kontraindiziert ~verweigert",
        with_="mit mslash m",
        before="vor vslash",
        after="nach nslash",
        between="der dem den die",
        and_="und oder u",
    ),
    "fr": Phrases(
        agent="pdc contraste inj injection* gado contrast*",
        given="injecté injectée injectés injectées rehaussé rehaussée",
        plain="natif native",
        without="sans aucun ss sslash",
        with_="avec av",
        before="avant",
        after="après apres ap",
        between="de du d produit l la le",
        and_="et ou",
    ),
    "it": Phrases(
        agent="mdc contrasto contrast* iniez* gad",
        plain="basale basali diretta nativo nativa",
        without="senza no ~assente sz",
        with_="con cslash",
        before="prima pre",
        after="dopo post",
        between="di del d mezzo",
        and_="e o ed",
    ),
    "es": Phrases(
        agent="contraste contrast* ctte cte civ gadolinio inyeccion* inyec*",
        given="contrastado contrastada realzado realzada",
        plain="simple simples basal nativo nativa",
        without="sin no ningún sslash s",
        with_="con cslash c",
        before="antes pre previo previa",
        after="después despues tras pos post",
        between="de del la el medio",
        and_="y e o",
    ),
    "pt": Phrases(
        agent="contraste contrast* gadolínio inje*",
        given="contrastado contrastada realçado realçada",
        plain="simples basal nativo nativa",
        without="sem não nenhum sslash s",
        with_="com cslash c",
        before="antes pré pre",
        after="após apos pós pos depois",
        between="de do da o a meio",
        and_="e ou",
    ),
    "ca": Phrases(
        agent="contrast contrast*",
        without="sense",
        with_="amb",
        before="abans",
        after="després",
        between="de del",
        and_="i",
    ),
    "nl": Phrases(
        agent="contrast contrast* contrastmiddel gado injectie km",
        given="aangekleurd",
        plain="blanco nativ natief",
        without="zonder geen z",
        with_="met",
        before="voor vóór",
        after="na",
        between="de het toediening van",
        and_="en of",
    ),
    "sv": Phrases(
        agent="kontrast kontrast* km gadolinium inj*",
        given="kontrastförstärkt kontrastladdad",
        plain="nativ native nativt",
        without="utan ej inget ingen inte uslash u",
        with_="med mslash m",
        before="före innan",
        after="efter",
        between="iv av",
        and_="och",
    ),
    "no": Phrases(
        agent="kontrast kontrast* km gado",
        given="kontrastforsterket",
        plain="nativ native nativt",
        without="uten ikke ingen uslash u",
        with_="med mslash m",
        before="før for innan",
        after="etter",
        between="iv av",
        and_="og",
    ),
    "da": Phrases(
        agent="kontrast kontrast* km gado",
        given="kontrastforstærket",
        plain="nativ native nativt",
        without="uden ikke ingen uslash u",
        with_="med mslash m",
        before="før",
        after="efter",
        between="iv af",
        and_="og",
    ),
    "fi": Phrases(
        agent="tehoste* tehostus varjoaine* kontrasti kontrasti* tehosteaine* gado*",
        given="tehostettu tehostetut tehosteella tehostein tehosteinen tehostesarja tehosteaineella varjoaineella"
        " kontrastilla",
        plain="natiivi natiivit natiivisarja natiivi* tehostamaton tehosteeton",
        without="ilman ei",
        before="ennen",
        after="~jälkeen ~jalk",
        and_="ja",
    ),
    "is": Phrases(agent="skuggaefni*", without="án", with_="með", before="fyrir", after="eftir", and_="og"),
    "et": Phrases(
        agent="kontrast kontrast*",
        given="kontrastiga kontrastainega",
        plain="kontrastita natiiv natiivne natiiv*",
        without="ilma",
        before="enne",
        after="pärast ~järel ~jargselt",
        and_="ja",
    ),
    "lv": Phrases(
        agent="kontrast kontrast* kontrastviela", without="bez", with_="ar", before="pirms", after="pēc", and_="un"
    ),
    "lt": Phrases(
        agent="kontrast kontrast* kontrastas", without="be", with_="su", before="prieš", after="po", and_="ir"
    ),
    "pl": Phrases(
        agent="kontrast kontrast* kontraście środk* gadolin*",
        given="wzmocniony wzmocnione kontrastowe",
        plain="natywny natywne natywna bezkontrastowe bezkontrastowy",
        without="bez nie brak",
        with_="z ze",
        before="przed",
        after="po",
        between="iv podaniu podaniem podania środka środkiem",
        and_="i oraz",
    ),
    "cs": Phrases(
        agent="kontrast kontrast* kl km gado*",
        given="postkontrastní postkontrastně postkontrastne",
        plain="nativ nativní nativně nativne prekontrastní",
        without="bez",
        with_="s se",
        before="před pred",
        after="po",
        between="podání podáním aplikaci aplikací látky",
        and_="a i",
    ),
    "sk": Phrases(
        agent="kontrast kontrast* kl km",
        given="postkontrastné postkontrastne",
        plain="natív natívne nativ",
        without="bez",
        with_="s so",
        before="pred",
        after="po",
        between="podaní podaním látky",
        and_="a i",
    ),
    "sl hr sr bs": Phrases(
        agent="kontrast kontrast*",
        given="postkontrastno postkontrastni",
        plain="nativno nativni nativna nativ prekontrastno",
        without="bez brez",
        with_="s sa z",
        before="pred prije pre",
        after="po nakon poslije posle",
        between="aplikacije primjene iv",
        and_="i in",
    ),
    "ru": Phrases(
        agent="контраст* ку кв кс гадолин* гадо введен* омнискан магневист гадовист дотарем вв",
        given="постконтраст* усилен* контрастное контрастный контрастированный контрастирован* постконтр",
        plain="нативн* натив бесконтраст* неконтраст* преконтраст* доконтраст*",
        without="без не нет б",
        with_="с со",
        before="до перед",
        after="после п",
        between="в вв введения введением усиления вещества препарата болюсного внутривенного",
        and_="и",
    ),
    "uk": Phrases(
        agent="контраст* гадолін*",
        given="постконтраст* підсилен*",
        plain="нативн* безконтраст*",
        without="без",
        with_="з із зі",
        before="до перед",
        after="після",
        between="в введення підсилення речовини",
        and_="і та й",
    ),
    "bg": Phrases(
        agent="контраст* км",
        given="постконтраст*",
        plain="нативн* безконтраст*",
        without="без",
        with_="с със",
        before="преди",
        after="след",
        between="на в",
        and_="и",
    ),
    "el": Phrases(
        agent="σκιαγραφικ* γαδολιν* σκ έγχυση ενίσχυση σκιαστικ*",
        given="ενισχυμέν*",
        plain="απλή απλές απλό",
        without="χωρίς άνευ",
        with_="με μεσω",
        before="πριν προ",
        after="μετά",
        between="τη την το του της ουσία ουσίας μέσο μέσου από χορήγηση εγχυση iv",
        and_="και",
    ),
    "tr": Phrases(
        agent="kontrast kontrast* ivkm opak gado gadolinyum ilaç km madde*",
        given="kontrastlı kontrastlı* ilaçlı opaklı postkontrast",
        plain="kontrastsız kontrastsız* ilaçsız opaksız prekontrast nativ kontrassız yalın",
        without="~verilmeden ~olmadan ~yok ~siz ~sız",
        with_="~ile ~verilerek ~var ~lı ~li",
        before="~öncesi ~önce ~öncesinde",
        after="~sonrası ~sonra ~sonrasında",
        between="madde maddeden",
        and_="ve",
    ),
    "hu": Phrases(
        agent="ka kontraszt kontraszt* kontrasztanyag km gado",
        given="kontrasztos kontrasztanyagos halmozás* kontraszttal kontrasztanyaggal",
        plain="natív natíve kontrasztmentes",
        without="~nélkül ~nelk ~mentes",
        with_="~val ~vel ~adva",
        before="~előtt ~előtti",
        after="~után ~utáni ~adás",
        between="beadás beadása adás adása anyag",
        and_="és",
    ),
    "ro": Phrases(
        agent="contrast contrast* gado",
        plain="nativ nativă native",
        without="fără",
        with_="cu",
        before="înainte inaintea pre",
        after="după dupa post",
        between="de substanta substanță substanței administrare administrarea iv",
        and_="și si",
    ),
    "id": Phrases(
        agent="kontras kontras*",
        plain="polos",
        without="tanpa non",
        with_="dengan dgn",
        before="sebelum",
        after="setelah sesudah",
        and_="dan",
    ),
    "vi": Phrases(
        agent="tương_phản thuốc tiêm cản_quang thuốc_tương_phản thuốc_cản_quang thuốc_đối_quang đối_quang_từ",
        without="không chưa",
        with_="có",
        before="trước",
        after="sau",
        between="khi thuốc tiêm",
        and_="và",
    ),
    "zh": Phrases(
        agent="造影 造影剂 造影劑 对比剂 對比劑 钆 釓 注药 注藥 打药 打藥"
        " 显影剂 顯影劑 给药 注射 药 藥 钆剂 注射造影剂 打顯影劑 对比",
        given="增强 增強 强化 強化 加强扫描",
        plain="平扫 平掃 非增强 非增強 未增强 未增強 无增强 無增強 不增强 未强化 蒙片 普扫 普通扫描 素扫",
        without="无 無 不 未 非 没有 没 沒有 不含 不打",
        with_="有 加 含 打",
        before="~前 ~之前",
        after="~后 ~後 ~之后 ~之後",
        between="扫描 掃描 的",
        and_="和 及",
    ),
    "ja": Phrases(
        agent="造影 造影剤 ガドリニウム 造影検査 ガド",
        given="造影後 造影あり 造影剤あり",
        plain="単純 非造影 未造影 造影前 造影なし 造影剤なし プレーン 造影無し 造影無",
        without="~なし ~無し ~無 ~ナシ 非 無 未",
        with_="~あり ~有り ~有 ~アリ",
        before="~前",
        after="~後",
        between="剤 の 投与",
        and_="と",
    ),
    "ko": Phrases(
        agent="조영 조영제 조영증강 가돌리늄 증강 주입 조영제를",
        given="조영후 조영증강후",
        plain="비조영 비조영증강 조영전 조영증강전 단순 비증강",
        without="~없이 ~없음 ~미사용 비",
        with_="~있음 ~사용",
        before="~전",
        after="~후",
        between="주입 투여 증강",
        and_="및",
    ),
    "he": Phrases(
        agent="ניגוד גדוליניום הזרקה חומר",
        without="ללא בלי",
        with_="עם",
        before="לפני",
        after="אחרי לאחר",
        between="חומר הזרקת של מתן",
        and_="ו",
    ),
    "ar": Phrases(
        agent="صبغة الصبغة بالصبغة تباين التباين حقن جادولينيوم",
        given="بالصبغة",
        without="بدون بلا",
        with_="مع",
        before="قبل",
        after="بعد",
        between="مادة حقن ال",
        and_="و",
    ),
    "fa": Phrases(
        agent="حاجب تزریق کنتراست گادولینیوم",
        without="بدون",
        with_="با",
        before="قبل",
        after="بعد",
        between="ماده از",
        and_="و",
    ),
    "th": Phrases(agent="ฉีดสี สารทึบรังสี คอนทราสต์", without="ไม่ ไม่มี", with_="มี", before="ก่อน", after="หลัง"),
}
