//! Who connects to whom, as a picture (a place holder).
