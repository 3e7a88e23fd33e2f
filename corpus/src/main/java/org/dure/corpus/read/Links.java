package org.dure.corpus.read;

/// Which symbolic links in an input folder are read.
///
/// A link is another's word for where text lies: one that leads out of the folder can make a corpus
/// of what nobody meant to give.
public enum Links {
  /// Links to files in the folder; all others are counted as not read.
  WITHIN,
  /// All, wherever they lead.
  FOLLOWED
}
