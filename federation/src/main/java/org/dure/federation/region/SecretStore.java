package org.dure.federation.region;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.secure.Seeds;

/// What a region keeps of the round of a secret sum that it is in: so that one that dies between
/// two steps goes on with the same keys, and never reveals a second thing.
///
/// ```
/// held.json         seeds, keys and shares of the round (mode 0600); erased when it is over
/// last.json         the newest round for which there were keys, and its roster
/// masked/           the newest masked delta: masked.json, masked.bin
/// ```
final class SecretStore {
  /// What a region knows of a round.
  ///
  /// @param study digest of the study
  /// @param previous digest of the list of the weights before the study's last step; empty where
  ///     the region has not seen it
  /// @param peers all members that told their keys, by name; empty before they are known
  /// @param boxes what this region has sealed for them
  /// @param shares what this region holds, by owner: its own at first, then of all that masks are
  ///     agreed with; empty shares of one whose box did not open
  /// @param contributors whom this region helps to add; empty before that is settled, then for good
  record Held(
      String study,
      int round,
      List<String> roster,
      Seeds seeds,
      String previous,
      Map<String, Peer> peers,
      Map<String, MaskingMessage.ShareBox> boxes,
      Map<String, Seeds.Shares> shares,
      List<String> contributors) {
    Held with(
        Map<String, Peer> newPeers,
        Map<String, MaskingMessage.ShareBox> newBoxes,
        Map<String, Seeds.Shares> newShares) {
      return new Held(
          study, round, roster, seeds, previous, newPeers, newBoxes, newShares, contributors);
    }

    Held withShares(Map<String, Seeds.Shares> newShares) {
      return with(peers, boxes, newShares);
    }

    Held withContributors(List<String> settled) {
      return new Held(study, round, roster, seeds, previous, peers, boxes, shares, settled);
    }
  }

  /// Another member.
  ///
  /// @param key base64 of the key that it signs with
  record Peer(String key, byte[] pair, byte[] box) {}

  /// @param study digest of the study
  record Last(String study, int round, List<String> roster) {}

  /// A masked delta.
  ///
  /// @param study digest of the study
  /// @param list of the fragments in `masked.bin`
  /// @param norm of the clipped delta
  /// @param cosine with the study's last step; 0 where that is not known
  record Masked(String study, int round, FragmentList list, double norm, double cosine) {}

  /// Makes fragments.
  @FunctionalInterface
  interface Masking {
    byte[] fragment(int index);
  }

  private final Path folder;

  SecretStore(Path folder) {
    this.folder = folder;
  }

  Optional<Held> held() {
    return read("held.json", Held.class);
  }

  void keep(Held held) {
    AtomicFiles.write(folder.resolve("held.json"), Json.bytes(held));
  }

  /// Nothing of a round stays that could take a mask off.
  void erase() {
    AtomicFiles.delete(folder.resolve("held.json"));
  }

  Optional<Last> last() {
    return read("last.json", Last.class);
  }

  void keepLast(Last last) {
    AtomicFiles.write(folder.resolve("last.json"), Json.bytes(last));
  }

  Optional<Masked> masked() {
    return read("masked/masked.json", Masked.class);
  }

  /// Keeps a masked delta, fragment by fragment; one is in memory at a time.
  ///
  /// @param delta list of the delta in the clear
  Masked keepMasked(
      String study, int round, FragmentList delta, Masking masking, double norm, double cosine) {
    Masked[] kept = new Masked[1];
    AtomicFiles.folder(
        folder.resolve("masked"),
        part -> {
          List<String> digests = new ArrayList<>();
          try (FileChannel channel =
              FileChannel.open(
                  part.resolve("masked.bin"),
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.WRITE)) {
            for (int i = 0; i < delta.fragments().size(); i++) {
              byte[] fragment = masking.fragment(i);
              digests.add(Sha256.of(fragment));
              ByteBuffer bytes = ByteBuffer.wrap(fragment);
              while (bytes.hasRemaining()) {
                channel.write(bytes);
              }
            }
          }
          FragmentList list =
              new FragmentList(
                  FragmentList.MASKED,
                  delta.layout(),
                  delta.bytes(),
                  delta.fragmentBytes(),
                  digests);
          kept[0] = new Masked(study, round, list, norm, cosine);
          Files.write(part.resolve("masked.json"), Json.bytes(kept[0]));
        });
    return kept[0];
  }

  /// Fragment `index` of the newest masked delta.
  byte[] fragment(FragmentList list, int index) {
    Path file = folder.resolve("masked").resolve("masked.bin");
    ByteBuffer bytes = ByteBuffer.allocate(list.length(index));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long at = list.offset(index);
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, at + bytes.position()) < 0) {
          throw new IOException("the file ends at %d".formatted(at + bytes.position()));
        }
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    return bytes.array();
  }

  private <T> Optional<T> read(String name, Class<T> type) {
    Path file = folder.resolve(name);
    return Files.exists(file) ? Optional.of(Json.read(file, type)) : Optional.empty();
  }
}
