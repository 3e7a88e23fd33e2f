package org.dure.federation.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.dure.core.Json;
import org.dure.core.Weights;
import org.dure.federation.ArithmeticWorkload;
import org.dure.federation.MemoryArtifactStore;
import org.dure.federation.TestBelt;
import org.dure.federation.client.HttpHubLink;
import org.dure.federation.client.HubLink;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Fragments;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.MissingFragments;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.protocol.TestStudies;
import org.dure.federation.protocol.UploadKind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A belt whose regions speak to the hub by hand, and as they like.
abstract class HostileBelt {
  @TempDir Path folder;
  TestBelt belt;

  @BeforeEach
  void start() {
    belt = new TestBelt(TestStudies.of("ja", "ko"), folder, Optional.empty());
  }

  @AfterEach
  void stop() {
    belt.close();
  }

  HubLink link(String region) {
    return new HttpHubLink(belt.address(), belt.identity(region));
  }

  void say(HubLink link, String region, byte[] message) throws Exception {
    Receipt unused = link.send(message, belt.identity(region).signer().sign(message));
  }

  byte[] hello(String region) {
    return Message.Hello.of(belt.study.digest(), region, ArithmeticWorkload.LAYOUT.digest())
        .bytes();
  }

  static void assertRefused(Attempt attempt, RejectReason refusal) {
    assertThatThrownBy(attempt::run)
        .isInstanceOfSatisfying(
            MessageRejected.class, e -> assertThat(e.refusal()).isEqualTo(refusal));
  }

  interface Attempt {
    void run() throws Exception;
  }

  static Weights delta(float value) {
    Weights delta = Weights.allocate(ArithmeticWorkload.LAYOUT, Arena.ofAuto());
    for (long i = 0; i < delta.layout().elements(); i++) {
      delta.set(i, value);
    }
    return delta;
  }

  FragmentList upload(HubLink link, Weights delta) throws Exception {
    MemoryArtifactStore store = new MemoryArtifactStore();
    FragmentList list = Fragments.put(delta, belt.study.fragmentBytes(), store);
    for (String fragment : list.fragments()) {
      link.put(fragment, UploadKind.DELTA, store.get(fragment), 0);
    }
    MissingFragments unused = link.offer(list.encode(), UploadKind.DELTA);
    return list;
  }

  /// A contribution as it should be, with some of its fields changed.
  byte[] contribution(StudyView view, String delta, UnaryOperator<Map<String, Object>> change) {
    Message.Contribution good =
        new Message.Contribution(
            Message.Contribution.KIND,
            belt.study.digest(),
            "ko",
            view.member().sequence() + 1,
            view.progress().round(),
            view.progress().weights(),
            delta,
            10,
            Map.of("loss", 1.5),
            ExportHead.NONE);
    return Json.bytes(change.apply(new LinkedHashMap<>(Json.object(good.bytes()))));
  }

  static UnaryOperator<Map<String, Object>> with(String field, Object value) {
    return fields -> {
      fields.put(field, value);
      return fields;
    };
  }

  /// A request as it is, on a connection of its own.
  ///
  /// @return the whole answer; empty if the hub just closes
  String raw(String region, String request, byte... body) throws IOException {
    try (SSLSocket socket =
        (SSLSocket)
            belt.identity(region)
                .context()
                .getSocketFactory()
                .createSocket("127.0.0.1", belt.port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      socket.getOutputStream().write(body);
      socket.getOutputStream().flush();
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    } catch (SSLException | SocketException e) {
      return "";
    }
  }
}
