//! The program: wires arguments, store, engine and a face.

fn main() {}
