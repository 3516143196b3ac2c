//! The sample log on disk: where it is, how a line is appended, how lines are read back whatever happened to them.
