package org.dure.federation.log;

import java.nio.file.Path;
import org.dure.core.DureException;
import org.dure.core.runtime.UserFolder;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/// SQLite's native library, from the user's own folder.
///
/// Left to itself, the driver unpacks it into the temporary folder that all users share, at every
/// start, and a process that is killed leaves it there for ever: a megabyte a kill. Where the
/// driver cannot load it from here, it unpacks it itself, into the user's own folder too.
final class SqliteLibrary {
  private static final String PLACE = "org.sqlite.lib.path";
  private static final String TEMPORARY = "org.sqlite.tmpdir";

  private SqliteLibrary() {}

  /// Unpacks it where it is not there yet; only the first call in a process decides which one is
  /// loaded.
  ///
  /// @throws DureException if the folder is not the user's own, or cannot be written
  static synchronized void require() {
    if (System.getProperty(PLACE) != null || System.getProperty(TEMPORARY) != null) {
      return;
    }
    Path library =
        UserFolder.unpack(
            SQLiteJDBCLoader.class,
            LibraryLoaderUtil.getNativeLibResourcePath()
                + "/"
                + LibraryLoaderUtil.getNativeLibName());
    System.setProperty(TEMPORARY, UserFolder.of("native").toString());
    if (library != null) {
      System.setProperty(PLACE, String.valueOf(library.getParent()));
    }
  }
}
