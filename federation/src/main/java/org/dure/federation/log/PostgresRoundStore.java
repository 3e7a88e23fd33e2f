package org.dure.federation.log;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.runtime.FolderLock;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/// A [RoundStore] in a PostgreSQL database, for a national hub: one database (or schema) a study.
///
/// One hub at a time has the study: an advisory lock keeps others out while the connection lives,
/// and every event is inserted on condition that nobody has opened the study since (`holder`), so
/// that a hub which was cut off cannot write after another has taken over. The primary key keeps
/// events unique.
///
/// A lost connection is made anew at the next call. An append whose outcome is unknown is resolved
/// by reading back: at once where the server answers again, else when it does, where an event that
/// was reported as failed and is there after all is taken out, since nobody was told of it.
/// That it is unknown stays so until an answer has come, however many in a row get lost. The
/// session
/// of a lost connection is ended before anything is read back, so that it cannot write afterwards.
///
/// The schema grows by numbered files, `sql/postgres/001.sql` and so on; the table `schema_version`
/// holds the number of the last one that was applied.
public final class PostgresRoundStore implements RoundStore {
  private static final Migrations MIGRATIONS = new Migrations("sql/postgres", 1);
  private static final String SECONDS = "10";
  private static final int PAGE = 500;

  /// The first of the two numbers of the advisory lock; the second is the table.
  private static final int LOCK = 0x44757265;

  private static final String LOCK_KEYS = LOCK + ", 'event'::regclass::oid::int";
  private static final int LOCK_SECONDS = 5;
  private static final String LOCK_TIMED_OUT = "55P03";

  private final String url;
  private final String name;
  private final Properties properties = new Properties();
  private final FolderLock folder;
  private @Nullable Connection connection;
  private long epoch = -1;
  private long last;
  private byte @Nullable [] unknown;

  /// The condition that finds the server's side of the last connection.
  private String session = "false";

  private PostgresRoundStore(
      String url, String name, Optional<String> password, FolderLock folder) {
    this.url = url;
    this.name = name;
    this.folder = folder;
    password.ifPresent(secret -> properties.setProperty("password", secret));
    properties.setProperty("connectTimeout", SECONDS);
    properties.setProperty("socketTimeout", SECONDS);
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("ApplicationName", "dure hub");
  }

  /// Whether the text is meant as an address of such a store.
  static boolean isAddress(String text) {
    return text.startsWith("jdbc:postgresql:");
  }

  /// Opens the study in a database, or begins it.
  ///
  /// @param hubFolder where the hub's chunks lie; locked as well
  /// @param url e.g. `jdbc:postgresql://host/database?user=dure`; without the password
  /// @param password empty where the server asks for none, or `.pgpass` has it
  /// @throws DureException with [ErrorCode#HOME_IN_USE] if another hub has the study,
  ///     [ErrorCode#USAGE] or [ErrorCode#CONFIGURATION_INVALID] if address, user or password are
  ///     wrong, [ErrorCode#STORE_UNREACHABLE] if the server does not answer
  public static PostgresRoundStore open(Path hubFolder, String url, Optional<String> password) {
    String name = url.replaceFirst("^jdbc:", "").replaceFirst("\\?.*$", "");
    if (url.matches("(?i).*[?&]password=.*") || url.matches("[^?]*//[^/?]*@.*")) {
      throw new DureException(
          ErrorCode.USAGE,
          "the address of %s holds a password, which others could see: expected it in the"
                  .formatted(name.replaceFirst("//[^/]*@", "//"))
              + " environment (PGPASSWORD) or in .pgpass");
    }
    if (!isAddress(url) || Driver.parseURL(url, new Properties()) == null) {
      throw new DureException(
          ErrorCode.USAGE,
          "%s is no address of a database: expected jdbc:postgresql://HOST/DATABASE?user=USER"
              .formatted(name));
    }
    FolderLock folder = FolderLock.of(hubFolder, "hub");
    PostgresRoundStore store = new PostgresRoundStore(url, name, password, folder);
    try {
      Connection unused = store.connected();
      return store;
    } catch (SQLException e) {
      store.close();
      throw store.failed("open", e);
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /// The connection, made anew if it was lost.
  private Connection connected() throws SQLException {
    Connection open = connection;
    if (open != null) {
      return open;
    }
    Connection made = new Driver().connect(url, properties);
    if (made == null) {
      throw new SQLException("no address of a database", "08001");
    }
    try {
      begin(made);
      connection = made;
      return made;
    } catch (SQLException | RuntimeException e) {
      made.close();
      throw e;
    }
  }

  private void begin(Connection made) throws SQLException {
    run(made, "set synchronous_commit = on");
    if (text(made, "show fsync").equals("off")) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "the server of %s does not write through to its disk (fsync = off): expected on"
              .formatted(name));
    }
    migrate(made);
    String lost = session;
    session =
        text(
            made,
            "select 'pid = ' || pid || ' and backend_start = ' || quote_literal(backend_start)"
                + " from pg_stat_activity where pid = pg_backend_pid()");
    if (epoch < 0) {
      String lock = "select case when pg_try_advisory_lock(%s) then 1 else 0 end";
      if (single(made, lock.formatted(LOCK_KEYS)) == 0) {
        throw inUse();
      }
      epoch = single(made, "update holder set epoch = epoch + 1 returning epoch");
      last = single(made, "select coalesce(max(number), 0) from event");
    } else {
      lockAgain(made, lost);
    }
    resolve(made);
  }

  /// The session of the connection that was lost may not have ended yet: it holds the lock, and may
  /// still write what it was sent. Nobody else can have the lock while the epoch is this process's.
  private void lockAgain(Connection made, String lost) throws SQLException {
    if (single(made, "select epoch from holder") != epoch) {
      throw inUse();
    }
    run(made, "select pg_terminate_backend(pid) from pg_stat_activity where " + lost);
    run(made, "set lock_timeout = '%ds'".formatted(LOCK_SECONDS));
    try {
      run(made, "select pg_advisory_lock(%s)".formatted(LOCK_KEYS));
    } catch (SQLException e) {
      throw state(e).equals(LOCK_TIMED_OUT)
          ? new SQLException("the session that was lost does not end", "08006", e)
          : e;
    }
    run(made, "set lock_timeout = 0");
    if (single(made, "select epoch from holder") != epoch) {
      throw inUse();
    }
  }

  private DureException inUse() {
    return new DureException(
        ErrorCode.HOME_IN_USE, "another hub has the study in %s".formatted(name));
  }

  private void migrate(Connection made) throws SQLException {
    run(made, "create table if not exists schema_version (number bigint not null)");
    run(made, "select pg_advisory_lock(%d)".formatted(LOCK));
    try {
      long version = single(made, "select coalesce(max(number), 0) from schema_version");
      MIGRATIONS.apply(
          made, version, name, "insert into schema_version (number) values (%d)"::formatted);
    } finally {
      run(made, "select pg_advisory_unlock(%d)".formatted(LOCK));
    }
  }

  /// An append of which nobody knew whether it had come through.
  private void resolve(Connection made) throws SQLException {
    byte[] event = unknown;
    if (event != null) {
      try (PreparedStatement delete =
          made.prepareStatement("delete from event where number = ? and bytes = ?")) {
        delete.setLong(1, last + 1);
        delete.setBytes(2, event);
        int unused = delete.executeUpdate();
      }
    }
    if (single(made, "select coalesce(max(number), 0) from event") != last) {
      throw inUse();
    }
    // Only now: each of these questions may be the next to get no answer.
    unknown = null;
  }

  @Override
  public synchronized void append(long number, byte[] event) {
    if (number != last + 1) {
      throw MemoryRoundStore.outOfOrder(number, last);
    }
    try {
      insert(number, event);
      last = number;
    } catch (SQLException e) {
      throw failed("write", e);
    }
  }

  private void insert(long number, byte[] event) throws SQLException {
    try {
      insertOnce(number, event);
    } catch (SQLException e) {
      if (!isLost(e)) {
        throw e;
      }
      lose();
      // What may have come through is taken out by connecting, and goes in again.
      insertOnce(number, event);
    }
  }

  /// From before the event goes out until there is an answer, nobody knows whether it is in the
  /// log.
  private void insertOnce(long number, byte[] event) throws SQLException {
    Connection open = connected();
    unknown = event.clone();
    try {
      insert(open, number, event);
      unknown = null;
    } catch (SQLException e) {
      if (!isLost(e)) {
        unknown = null;
      }
      throw e;
    }
  }

  private void insert(Connection open, long number, byte[] event) throws SQLException {
    try (PreparedStatement insert =
        open.prepareStatement(
            "insert into event (number, bytes) select ?, ? from holder where epoch = ?")) {
      insert.setLong(1, number);
      insert.setBytes(2, event);
      insert.setLong(3, epoch);
      if (insert.executeUpdate() != 1) {
        throw inUse();
      }
    }
  }

  @Override
  public synchronized long last() {
    return last;
  }

  /// Without the rest of a page.
  @Override
  public synchronized byte[] event(long number) {
    List<Row> found = page(number, 1);
    if (found.isEmpty() || found.getFirst().number != number) {
      throw new DureException(ErrorCode.INTERNAL, "the log has no event " + number);
    }
    return found.getFirst().bytes;
  }

  private record Row(long number, byte[] bytes) {}

  @Override
  public void read(long from, Reader reader) {
    long next = from;
    List<Row> page = page(next, PAGE);
    while (!page.isEmpty()) {
      page.forEach(row -> reader.accept(row.number, row.bytes));
      next = page.getLast().number + 1;
      page = page(next, PAGE);
    }
  }

  private synchronized List<Row> page(long from, int most) {
    return again(
        "read",
        open -> {
          try (PreparedStatement select =
              open.prepareStatement(
                  "select number, bytes from event where number >= ? order by number limit ?")) {
            select.setLong(1, from);
            select.setInt(2, most);
            List<Row> rows = new ArrayList<>();
            try (ResultSet found = select.executeQuery()) {
              while (found.next()) {
                rows.add(new Row(found.getLong(1), found.getBytes(2)));
              }
            }
            return rows;
          }
        });
  }

  @Override
  public synchronized void note(String key, byte[] value) {
    byte[] kept = value.clone();
    int unused =
        again(
            "write",
            open -> {
              try (PreparedStatement upsert =
                  open.prepareStatement(
                      "insert into note (name, value) values (?, ?)"
                          + " on conflict (name) do update set value = excluded.value")) {
                upsert.setString(1, key);
                upsert.setBytes(2, kept);
                return upsert.executeUpdate();
              }
            });
  }

  @Override
  public synchronized Optional<byte[]> noted(String key) {
    return again(
        "read",
        open -> {
          try (PreparedStatement select =
              open.prepareStatement("select value from note where name = ?")) {
            select.setString(1, key);
            try (ResultSet rows = select.executeQuery()) {
              return rows.next() ? Optional.of(rows.getBytes(1)) : Optional.empty();
            }
          }
        });
  }

  private interface Query<T> {
    T on(Connection open) throws SQLException;
  }

  /// What may be asked twice, on a second connection if the first was lost.
  private <T> T again(String action, Query<T> query) {
    try {
      try {
        return query.on(connected());
      } catch (SQLException e) {
        if (!isLost(e)) {
          throw e;
        }
        lose();
        return query.on(connected());
      }
    } catch (SQLException e) {
      throw failed(action, e);
    }
  }

  private static void run(Connection open, String sql) throws SQLException {
    try (Statement statement = open.createStatement()) {
      boolean unused = statement.execute(sql);
    }
  }

  private static long single(Connection open, String sql) throws SQLException {
    try (Statement statement = open.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? result.getLong(1) : 0L;
    }
  }

  private static String text(Connection open, String sql) throws SQLException {
    try (Statement statement = open.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? result.getString(1) : "";
    }
  }

  private void lose() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // It was lost already.
        return;
      }
    }
  }

  @Override
  public synchronized void close() {
    try (folder) {
      lose();
    }
  }

  private static String state(SQLException e) {
    return e.getSQLState() == null ? "" : e.getSQLState();
  }

  /// Classes 08 (connection), 57P (the server goes, or has gone) and 58 (its machine).
  private static boolean isLost(SQLException e) {
    return state(e).startsWith("08") || state(e).startsWith("57P") || state(e).startsWith("58");
  }

  private DureException failed(String action, SQLException e) {
    if (isLost(e)) {
      lose();
    }
    ErrorCode code =
        switch (state(e)) {
          case "28000", "28P01", "3D000", "08004" -> ErrorCode.CONFIGURATION_INVALID;
          case "53100" -> ErrorCode.DISK_FULL;
          case "42501", "25006" -> ErrorCode.OUTPUT_UNWRITABLE;
          case "53300" -> ErrorCode.STORE_UNREACHABLE;
          default -> isLost(e) ? ErrorCode.STORE_UNREACHABLE : ErrorCode.INTERNAL;
        };
    List<String> lines = Arrays.asList(String.valueOf(e.getMessage()).split("\n"));
    return new DureException(
        code, "cannot %s the log in %s: %s".formatted(action, name, lines.getFirst()), e);
  }
}
