package org.dure.corpus;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import org.dure.core.AtomicFiles;
import org.dure.core.Json;
import org.dure.core.PrivateFiles;
import org.dure.corpus.read.ZstdLibrary;

/// Writes records as `.jsonl.zst`. Equal records give equal bytes.
final class RecordWriter implements Closeable {
  private static final int LEVEL = 3;
  private static final int BUFFER = 1 << 17;
  private final OutputStream out;
  private long lines;

  RecordWriter(Path file) throws IOException {
    Path unused = PrivateFiles.createFolders(AtomicFiles.parent(file));
    ZstdLibrary.require();
    ZstdOutputStream zstd = new ZstdOutputStream(PrivateFiles.newOutputStream(file), LEVEL);
    zstd.setChecksum(true);
    this.out = new BufferedOutputStream(zstd, BUFFER);
  }

  void write(Object record) throws IOException {
    out.write(Json.bytes(record));
    out.write('\n');
    lines++;
  }

  /// How many records were written.
  long lines() {
    return lines;
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
