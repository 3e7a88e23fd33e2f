package org.dure.federation.log;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/// SQLite's native library, in the folder of the log.
///
/// Left to itself, the driver unpacks it into the temporary folder at every start, and a process
/// that is killed leaves it there for ever: a megabyte a kill. Where the driver cannot load it from
/// here (a folder that nothing may be run from), it still does that.
final class SqliteLibrary {
  private static final String FOLDER = "sqlite";
  private static final String PLACE = "org.sqlite.lib.path";

  private SqliteLibrary() {}

  /// Unpacks it where it is not there yet, or is another; only the first call in a process decides
  /// which one is loaded.
  ///
  /// @throws DureException if it cannot be written
  static synchronized void unpack(Path folder) {
    String name = LibraryLoaderUtil.getNativeLibName();
    String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name;
    Path place = folder.resolve(FOLDER).toAbsolutePath();
    Path file = place.resolve(name);
    try (InputStream in = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
      if (in == null || System.getProperty(PLACE) != null) {
        return;
      }
      byte[] library = in.readAllBytes();
      if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), library)) {
        Files.createDirectories(place);
        AtomicFiles.write(file, library);
      }
      System.setProperty(PLACE, place.toString());
    } catch (IOException e) {
      throw DureException.io("write", file, e);
    }
  }
}
