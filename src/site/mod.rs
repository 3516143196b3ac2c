//! The generated pages: what changed decides what is drawn and written, atomically, for all hosts of a data folder.
