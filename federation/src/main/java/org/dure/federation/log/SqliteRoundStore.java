package org.dure.federation.log;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.PrivateFiles;
import org.dure.core.runtime.FolderLock;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// A [RoundStore] in a SQLite database: write-ahead log, forced to the disk at every commit
/// (`synchronous=FULL`), one writer.
///
/// The schema grows by numbered files, `sql/001.sql` and so on; `PRAGMA user_version` holds the
/// number of the last one that was applied.
public final class SqliteRoundStore implements RoundStore {
  private static final Migrations MIGRATIONS = new Migrations("sql", 1);

  /// Events that are read at a time.
  private static final int PAGE = 32;

  private record Row(long number, byte[] event) {}

  private final Path file;
  private final FolderLock lock;
  private final Connection connection;
  private long last;

  private SqliteRoundStore(Path file, FolderLock lock, Connection connection) {
    this.file = file;
    this.lock = lock;
    this.connection = connection;
  }

  /// Opens the log in `folder`, or begins one.
  ///
  /// @throws DureException with [ErrorCode#HOME_IN_USE] if another process has it,
  ///     [ErrorCode#HOME_CONFLICT] if a newer version wrote it, [ErrorCode#ARTIFACT_CORRUPT] if it
  ///     is no database
  public static SqliteRoundStore open(Path folder) {
    FolderLock lock = FolderLock.of(folder, "hub");
    Path file = folder.resolve("rounds.sqlite");
    try {
      SqliteLibrary.require();
      PrivateFiles.prepare(file);
      PrivateFiles.close(file);
      SqliteRoundStore store = new SqliteRoundStore(file, lock, connect(file));
      store.begin();
      return store;
    } catch (SQLException e) {
      lock.close();
      throw failed("open", file, e);
    } catch (IOException e) {
      lock.close();
      throw DureException.io("open", file, e);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static Connection connect(Path file) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setLockingMode(SQLiteConfig.LockingMode.EXCLUSIVE);
    return config.createConnection("jdbc:sqlite:" + file.toUri());
  }

  private void begin() throws SQLException {
    try {
      migrate();
      last = single("select coalesce(max(number), 0) from event");
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private void migrate() throws SQLException {
    MIGRATIONS.apply(
        connection,
        single("pragma user_version"),
        file.toString(),
        number -> "pragma user_version = " + number);
  }

  private long single(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? result.getLong(1) : 0L;
    }
  }

  /// Limits the database's size, as a full disk does.
  void limitPages(int pages) {
    try {
      long unused = single("pragma max_page_count = " + pages);
    } catch (SQLException e) {
      throw failed("limit", file, e);
    }
  }

  @Override
  public synchronized void append(long number, byte[] event) {
    if (number != last + 1) {
      throw MemoryRoundStore.outOfOrder(number, last);
    }
    try (PreparedStatement insert =
        connection.prepareStatement("insert into event (number, bytes) values (?, ?)")) {
      insert.setLong(1, number);
      insert.setBytes(2, event);
      insert.executeUpdate();
      last = number;
    } catch (SQLException e) {
      throw failed("write", file, e);
    }
  }

  @Override
  public synchronized long last() {
    return last;
  }

  @Override
  public void read(long from, Reader reader) {
    List<Row> page = page(from);
    while (!page.isEmpty()) {
      page.forEach(row -> reader.accept(row.number, row.event));
      page = page.size() < PAGE ? List.of() : page(page.getLast().number + 1);
    }
  }

  /// A few events: what takes long with them holds up nobody who appends.
  private synchronized List<Row> page(long from) {
    List<Row> page = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "select number, bytes from event where number >= ? order by number limit " + PAGE)) {
      select.setLong(1, from);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          page.add(new Row(rows.getLong(1), rows.getBytes(2)));
        }
      }
      return page;
    } catch (SQLException e) {
      throw failed("read", file, e);
    }
  }

  @Override
  public synchronized void note(String name, byte[] value) {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "insert into note (name, value) values (?, ?)"
                + " on conflict (name) do update set value = excluded.value")) {
      upsert.setString(1, name);
      upsert.setBytes(2, value);
      upsert.executeUpdate();
    } catch (SQLException e) {
      throw failed("write", file, e);
    }
  }

  @Override
  public synchronized Optional<byte[]> noted(String name) {
    try (PreparedStatement select =
        connection.prepareStatement("select value from note where name = ?")) {
      select.setString(1, name);
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() ? Optional.of(rows.getBytes(1)) : Optional.empty();
      }
    } catch (SQLException e) {
      throw failed("read", file, e);
    }
  }

  @Override
  public synchronized void close() {
    try (lock) {
      connection.close();
    } catch (SQLException e) {
      throw failed("close", file, e);
    }
  }

  private static DureException failed(String action, Path file, SQLException e) {
    ErrorCode code =
        e instanceof SQLiteException sqlite
            ? switch (primary(sqlite.getResultCode())) {
              case SQLITE_FULL -> ErrorCode.DISK_FULL;
              case SQLITE_BUSY, SQLITE_LOCKED -> ErrorCode.HOME_IN_USE;
              case SQLITE_NOTADB, SQLITE_CORRUPT -> ErrorCode.ARTIFACT_CORRUPT;
              case SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN -> ErrorCode.OUTPUT_UNWRITABLE;
              default -> ErrorCode.INTERNAL;
            }
            : ErrorCode.INTERNAL;
    return new DureException(code, "cannot %s %s: %s".formatted(action, file, e.getMessage()), e);
  }

  /// An extended result code's low byte is the primary code.
  private static SQLiteErrorCode primary(SQLiteErrorCode code) {
    return SQLiteErrorCode.getErrorCode(code.code & 0xff);
  }
}
