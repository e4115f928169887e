"""Makes segmenter packages of other frameworks' models. Importing needs PyTorch; running what was imported does not."""
