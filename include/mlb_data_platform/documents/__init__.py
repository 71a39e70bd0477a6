"""The document of something at any moment: whole captures, and the patches that lead on from them."""
