package org.dure.federation.log;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;

/// The schema of a store as numbered files, `001.sql` and so on, in a folder of resources.
///
/// @param folder e.g. `sql`
/// @param newest number of the last file
record Migrations(String folder, int newest) {
  /// Says that a migration was applied, e.g. `pragma user_version = 1`.
  @FunctionalInterface
  interface Mark {
    String sql(long number);
  }

  /// Applies every file after number `version`, each in a transaction.
  ///
  /// @param where for the error
  /// @throws DureException with [ErrorCode#HOME_CONFLICT] if a newer version of Dure wrote it
  void apply(Connection connection, long version, String where, Mark mark) throws SQLException {
    if (version > newest) {
      throw new DureException(
          ErrorCode.HOME_CONFLICT,
          "%s has schema %d: this version of Dure knows up to %d"
              .formatted(where, version, newest));
    }
    connection.setAutoCommit(false);
    for (long next = version + 1; next <= newest; next++) {
      try (Statement statement = connection.createStatement()) {
        for (String sql : file(next).split(";")) {
          if (!sql.isBlank()) {
            statement.executeUpdate(sql);
          }
        }
        statement.executeUpdate(mark.sql(next));
      }
      connection.commit();
    }
    connection.setAutoCommit(true);
  }

  private String file(long number) {
    String name = "%s/%03d.sql".formatted(folder, number);
    try (InputStream in = Migrations.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new AssertionError(name + " is missing from the build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(name + " cannot be read", e);
    }
  }
}
