"""What the words of file names and DICOM descriptions say: which contrast, with contrast agent or without.

Read in this order: `spelling` makes words of any script, `lexicon` and `phrasebook` are the tables of what they mean,
`near` finds what a misspelt word was meant for, `registration` takes away the target of "FLAIR in the space of T1",
`agent` hears what is said of contrast agent, and `reading` puts it together.
"""
