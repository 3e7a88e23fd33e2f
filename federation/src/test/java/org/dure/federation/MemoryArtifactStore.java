package org.dure.federation;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.TreeMap;
import org.dure.core.ArtifactStore;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;

/// Artifacts in memory, for simulations.
public final class MemoryArtifactStore implements ArtifactStore {
  private final TreeMap<String, byte[]> artifacts = new TreeMap<>();

  @Override
  public synchronized String put(byte[] bytes) {
    String digest = Sha256.of(bytes);
    artifacts.put(digest, bytes.clone());
    return digest;
  }

  @Override
  public synchronized void put(String digest, InputStream content) {
    try {
      byte[] bytes = content.readAllBytes();
      if (!Sha256.of(bytes).equals(digest)) {
        throw new DureException(ErrorCode.ARTIFACT_CORRUPT, digest);
      }
      artifacts.put(digest, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized boolean contains(String digest) {
    return artifacts.containsKey(digest);
  }

  @Override
  public synchronized long size(String digest) {
    return get(digest).length;
  }

  @Override
  public synchronized byte[] get(String digest) {
    byte[] bytes = artifacts.get(digest);
    if (bytes == null) {
      throw new DureException(ErrorCode.INPUT_MISSING, digest);
    }
    return bytes.clone();
  }

  @Override
  public InputStream open(String digest) {
    return new ByteArrayInputStream(get(digest));
  }

  @Override
  public synchronized void remove(String digest) {
    artifacts.remove(digest);
  }

  @Override
  public synchronized List<String> list() {
    return List.copyOf(artifacts.keySet());
  }
}
