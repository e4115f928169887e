"""What a word of a name or description can stand for."""

from enum import StrEnum


class Meaning(StrEnum):
    """What a word can stand for."""

    # Weightings; those of sequences count where nothing else is said.
    T1 = "t1"
    T2 = "t2"
    FLAIR = "flair"
    T1_SEQUENCE = "t1_sequence"
    FLAIR_SEQUENCE = "flair_sequence"
    # Other images under a contrast's name.
    MASK = "mask"
    NOT_TUMOR = "not_tumor"
    TUMOR = "tumor"
    OTHER = "other"
    MODALITY = "modality"  # another kind of image that others are registered to
    PROTON_DENSITY = "proton_density"
    GRADIENT_ECHO = "gradient_echo"
    SINGLE_SHOT = "single_shot"  # a T2 in a hurry
    DIXON = "dixon"
    FAT_IMAGE = "fat_image"  # with Dixon's method only
    INVERSION = "inversion"  # one of the two images of MP2RAGE
    IMAGES = "images"
    SYNTHETIC = "synthetic"
    BIAS = "bias"
    SUB = "sub"  # a subtraction, or a subject
    ELSEWHERE = "elsewhere"
    # Registration.
    TO = "to"
    REGISTERED = "registered"
    SPACE = "space"
    TEMPLATE = "template"
    # Contrast agent.
    AGENT = "agent"
    GIVEN = "given"
    PLAIN = "plain"
    WITHOUT = "without"
    WITH = "with"
    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"
    AND = "and"
    BOTH = "both"
    THING = "thing"  # "with" and "without" are said of it: fat saturation
    EVENT = "event"  # "before" and "after" are said of it: an operation
    C = "c"
    MAYBE = "maybe"  # of the agent, for it or against it
    PLUS = "plus"
    # The rest.
    NEUTRAL = "neutral"
    UNKNOWN = "unknown"
