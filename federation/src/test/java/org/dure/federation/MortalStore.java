package org.dure.federation;

import java.util.Optional;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.log.MemoryRoundStore;
import org.dure.federation.log.RoundStore;

/// A log whose disk is full now and then, and whose process dies before or after a write.
final class MortalStore implements RoundStore {
  private final RoundStore log = new MemoryRoundStore();
  private final Mishaps mishaps;

  MortalStore(Mishaps mishaps) {
    this.mishaps = mishaps;
  }

  @Override
  public void append(long number, byte[] event) {
    if (mishaps.happens()) {
      throw new DureException(ErrorCode.DISK_FULL, "simulated");
    }
    mishaps.dieHere();
    log.append(number, event);
    mishaps.dieHere();
  }

  @Override
  public long last() {
    return log.last();
  }

  @Override
  public void read(long from, Reader reader) {
    log.read(from, reader);
  }

  @Override
  public void note(String name, byte[] value) {
    log.note(name, value);
  }

  @Override
  public Optional<byte[]> noted(String name) {
    return log.noted(name);
  }

  @Override
  public void close() {
    log.close();
  }
}
