package org.dure.federation.log;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.dure.core.ArtifactStore;
import org.dure.core.AtomicFiles;
import org.dure.core.FolderArtifactStore;

/// Writes what a hub writes, as fast as it can, and says after each step what it has been promised;
/// until its disk fails. See [FailingDiskTest].
final class FailingDiskVictim {
  private FailingDiskVictim() {}

  static byte[] artifact(long number) {
    byte[] bytes = new byte[20_000];
    Arrays.fill(bytes, (byte) (number % 100));
    byte[] text = Long.toString(number).getBytes(StandardCharsets.UTF_8);
    System.arraycopy(text, 0, bytes, 0, text.length);
    return bytes;
  }

  static byte[] event(long number) {
    return "event %d %s"
        .formatted(number, "x".repeat((int) (number % 7) * 900))
        .getBytes(StandardCharsets.UTF_8);
  }

  /// Numbers that go with the number of an event: an artifact of each kind has its own.
  static long soon(long number) {
    return number + 1_000_000_000;
  }

  /// @param arguments the folder
  public static void main(String... arguments) {
    Path folder = Path.of(arguments[0]);
    try (RoundStore log = SqliteRoundStore.open(folder)) {
      ArtifactStore received = new FolderArtifactStore(folder.resolve("received"));
      ArtifactStore published = new FolderArtifactStore(folder.resolve("published"));
      for (long number = log.last() + 1; ; number++) {
        say("begin", number);
        String unused = received.put(artifact(number));
        say("artifact", number);
        String soon = published.putSoon(artifact(soon(number)));
        log.append(number, event(number));
        say("event", number);
        AtomicFiles.write(folder.resolve("copy"), artifact(number));
        say("copy", number);
        log.note("counts", event(number));
        if (number % 3 == 0) {
          published.settle(List.of(soon));
          say("settled", number);
        }
      }
    }
  }

  private static void say(String what, long number) {
    System.out.println(what + " " + number);
    System.out.flush();
  }
}
