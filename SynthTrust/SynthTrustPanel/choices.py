"""What of a result can be looked at. The parameter node holds a wish: another result may have other regions."""

from slicer.i18n import tr as _

from .words import headline, inWords

BEST = ""
"""In the place of a contrast: the one on which readers look for the region."""


def regionNames(task, regions):
    """Region -> its name on screen, of those that there are."""
    return {region: headline(task.name(region)) for region in task.ordered(regions)}


def imageNames(task, contrasts, region):
    """Contrast -> its name on screen, of those that there are; the one that results are drawn on first.

    Before them all stands `BEST`, which follows the region, where there are several.
    """
    order = dict.fromkeys((*task.reference_order, *task.contrast_ids))
    names = {contrast: contrast for contrast in order if contrast in contrasts}
    if len(names) < 2 or not region:
        return names
    best = _("Best for {region}: {contrast}").format(
        region=inWords(task.name(region)), contrast=task.best_contrast(region, names)
    )
    return {BEST: best} | names


def image(wanted, task, contrasts, region):
    """The contrast that is shown under the overlay of a region."""
    contrast = chosen(wanted, imageNames(task, contrasts, region))
    return contrast or task.best_contrast(region, contrasts) or ""


def chosen(wanted, there):
    """The one of `there` that is called so; the first where none is; empty where there is nothing.

    Scenes from before there were tasks have T1C for T1c.
    """
    there = list(there)
    return next((name for name in there if name.casefold() == wanted.casefold()), there[0] if there else "")


def fill(combo, names, current):
    """Bring a combo box in line with id -> title, without a word to those who follow it.

    Where none is `current`, the first is chosen.
    """
    before = {combo.itemData(index): combo.itemText(index) for index in range(combo.count)}
    combo.blockSignals(True)
    if list(before.items()) != list(names.items()):  # or an open list would close
        combo.clear()
        for identifier, title in names.items():
            combo.addItem(title, identifier)
    combo.currentIndex = max(0, combo.findData(current))
    combo.blockSignals(False)
