package org.dure.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dure.federation.protocol.SignedMessage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Holds the table of docs/architecture.md: who may use whom, and who alone imports what.
class ArchitectureTest {
  /// Module to the modules that it may use.
  static final Map<String, List<String>> MAY_USE =
      Map.of(
          "core", List.of(),
          "tokenizer", List.of("core"),
          "corpus", List.of("core", "tokenizer"),
          "model", List.of("core", "tokenizer"),
          "federation", List.of("core"),
          "evaluation", List.of("core"),
          "provenance", List.of("core"),
          "serving", List.of("core", "tokenizer", "model", "provenance"),
          "console", List.of("core", "federation", "evaluation"),
          "netem", List.of("core"));

  /// Room (a package of a module) to the rooms of its module that it may use.
  static final Map<String, Map<String, List<String>>> ROOMS =
      Map.of(
          "core",
          Map.of(
              "runtime",
              List.of(),
              "page",
              List.of(),
              "privacy",
              List.of(),
              "accounting",
              List.of()),
          "corpus",
          Map.of(
              "read", List.of(),
              "filter", List.of(),
              "sample", List.of("read")),
          "federation",
          Map.ofEntries(
              Map.entry("secure", List.of()),
              Map.entry("protocol", List.of("secure")),
              Map.entry("wire", List.of("protocol")),
              Map.entry("log", List.of("protocol")),
              Map.entry("status", List.of("log", "protocol")),
              Map.entry("merge", List.of("log", "protocol")),
              Map.entry("secret", List.of("merge", "log", "protocol", "secure")),
              Map.entry(
                  "hub", List.of("secret", "merge", "status", "log", "wire", "protocol", "secure")),
              Map.entry("server", List.of("hub", "status", "log", "wire", "protocol")),
              Map.entry("client", List.of("wire", "protocol")),
              Map.entry("region", List.of("client", "wire", "protocol", "secure"))),
          "serving",
          Map.of("text", List.of()),
          "app",
          Map.of(
              "process", List.of(),
              "terminal", List.of(),
              "home", List.of("process"),
              "release", List.of("audit"),
              "workload", List.of("home"),
              "consent", List.of("home", "terminal", "workload"),
              "options", List.of("consent", "home", "terminal", "workload"),
              "audit", List.of("home", "workload"),
              "lab", List.of("home", "process", "workload"),
              "demo", List.of("home", "process", "release", "workload")));

  /// Modules whose rooms stand on what lies in the module's own package, not beneath it.
  static final Set<String> BASES = Set.of("core");

  static final List<String> ROOM_NAMES =
      ROOMS.entrySet().stream()
          .flatMap(
              module ->
                  module.getValue().keySet().stream().map(room -> module.getKey() + "." + room))
          .sorted()
          .toList();

  static final List<String> MODULES = MAY_USE.keySet().stream().sorted().toList();

  /// Library package to the modules that alone import it.
  static final Map<String, List<String>> FENCED =
      Map.ofEntries(
          Map.entry("tools.jackson..", List.of("core")),
          Map.entry("org.bytedeco..", List.of("model")),
          Map.entry("org.jsoup..", List.of("corpus")),
          Map.entry("org.apache.commons.compress..", List.of("corpus")),
          Map.entry("org.bouncycastle..", List.of("provenance")),
          Map.entry("org.sqlite..", List.of("federation.log")),
          Map.entry("picocli..", List.of("app")),
          Map.entry("org.postgresql..", List.of("federation.log")),
          Map.entry("com.github.luben..", List.of("corpus")),
          Map.entry("org.eclipse.jetty..", List.of("federation.server", "serving", "console")),
          Map.entry("io.javalin..", List.of("federation.server", "serving", "console")),
          Map.entry("org.slf4j.simple..", List.of()));

  /// What `federation` promises to the other modules. A benchmark may drive what lies inside.
  static final Map<String, List<String>> PROMISED =
      Map.of(
          "protocol",
              List.of(
                  "Circles",
                  "CommonPreparation",
                  "FragmentWriter",
                  "Phase",
                  "Study",
                  "TrafficKind"),
          "wire", List.of("TlsIdentity"),
          "log", List.of("PostgresRoundStore"),
          "status", List.of("Direction", "StudyStatus"),
          "hub", List.of("Ledger"),
          "server", List.of("HubServer", "Registrar"),
          "client", List.of("EnrolmentLink", "HttpProxy", "RegionLease"),
          "region", List.of("ExportLog", "ExportPolicy", "ExportPreview", "Node", "PrivacyBudget"));

  static final List<String> LIBRARIES = FENCED.keySet().stream().sorted().toList();

  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("org.dure");
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void aModuleUsesOnlyWhatTheTableAllows(String module) {
    List<String> allowed = MAY_USE.get(module);
    String[] forbidden =
        Stream.concat(MODULES.stream(), Stream.of("app", "bench"))
            .filter(other -> !other.equals(module) && !allowed.contains(other))
            .map(other -> "org.dure." + other + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage("org.dure." + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden)
        .check(classes);
  }

  @ParameterizedTest
  @FieldSource("LIBRARIES")
  void aLibraryIsImportedOnlyBehindItsFence(String library) {
    String[] owners =
        FENCED.get(library).stream()
            .map(owner -> "org.dure." + owner + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideOutsideOfPackages(owners)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(classes);
  }

  @ParameterizedTest
  @FieldSource("ROOM_NAMES")
  void aRoomUsesOnlyWhatTheTableAllows(String name) {
    String module = name.substring(0, name.indexOf('.'));
    String room = name.substring(name.indexOf('.') + 1);
    Map<String, List<String>> rooms = ROOMS.get(module);
    String[] forbidden =
        Stream.concat(
                BASES.contains(module) ? Stream.of() : Stream.of("org.dure." + module),
                rooms.keySet().stream()
                    .filter(other -> !other.equals(room) && !rooms.get(room).contains(other))
                    .map(other -> "org.dure." + module + "." + other + ".."))
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage("org.dure." + name + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden)
        .check(classes);
  }

  /// A class, or the one around it.
  private static String file(JavaClass type) {
    return type.getBaseComponentType().getName().replaceFirst("\\$.*", "");
  }

  /// Pairs of files, the first of which uses the second.
  private static Stream<Map.Entry<String, String>> uses() {
    return classes.stream()
        .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
        .map(one -> Map.entry(file(one.getOriginClass()), file(one.getTargetClass())))
        .filter(one -> !one.getKey().equals(one.getValue()))
        .distinct();
  }

  @Test
  void outsideFederationOnlyThePromisedTypesAreUsed() {
    String federation = "org.dure.federation.";
    Set<String> promised =
        PROMISED.entrySet().stream()
            .flatMap(room -> room.getValue().stream().map(type -> room.getKey() + "." + type))
            .map(type -> federation + type)
            .collect(Collectors.toSet());
    Set<String> used =
        uses()
            .filter(one -> one.getValue().startsWith(federation))
            .filter(one -> !one.getKey().startsWith(federation))
            .filter(one -> !one.getKey().startsWith("org.dure.bench."))
            .map(Map.Entry::getValue)
            .collect(Collectors.toSet());
    assertThat(used).isEqualTo(promised);
  }

  @Test
  void theHubSeesNoServerAndNoTransport() {
    noClasses()
        .that()
        .resideInAPackage("org.dure.federation.hub..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.dure.federation.server..",
            "org.eclipse.jetty..",
            "io.javalin..",
            "java.net.http..",
            "javax.net..")
        .check(classes);
  }

  /// What several verbs say belongs to the room that it is about. A group holds its own verbs.
  @Test
  void onlyTheEntryUsesCommands() {
    assertThat(uses())
        .filteredOn(one -> one.getValue().matches("org\\.dure\\.app\\..*Command"))
        .filteredOn(one -> !one.getKey().equals("org.dure.app.Dure"))
        .isEmpty();
  }

  @Test
  void everyPackageIsARoomOfTheTableOrAModuleOfOnePackage() {
    Set<String> known =
        Stream.concat(
                ROOM_NAMES.stream(), Stream.concat(MODULES.stream(), Stream.of("app", "bench")))
            .map(name -> "org.dure." + name)
            .collect(Collectors.toSet());
    assertThat(classes.stream().map(JavaClass::getPackageName).distinct()).isSubsetOf(known);
  }

  /// Who begins a thread otherwise: hooks of the process's end, which Java starts, and a rehearsal
  /// of other verbs, whose outcome nobody asks for.
  private static final Set<String> OWN_THREADS =
      Set.of(
          "org.dure.core.runtime.BackgroundTask",
          "org.dure.app.lab.Lab",
          "org.dure.app.ServeCommand",
          "org.dure.app.WarmUpCommand");

  @Test
  void everyThreadIsBegunInTheOneWay() {
    assertThat(
            classes.stream()
                .flatMap(type -> type.getAccessesFromSelf().stream())
                .filter(call -> call.getTargetOwner().getName().equals("java.lang.Thread"))
                .filter(
                    call ->
                        Set.of("ofPlatform", "ofVirtual", "startVirtualThread", "<init>")
                            .contains(call.getTarget().getName()))
                .map(call -> call.getOriginOwner().getName())
                .distinct())
        .containsExactlyInAnyOrderElementsOf(OWN_THREADS);
  }

  /// Message bytes are read where they come in from outside, to a hub or, of other members of a
  /// secret sum, to a region, and where a log is read, never again.
  @Test
  void aMessageIsParsedOnlyAtTheEdge() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("org.dure.federation.server.HubRoutes")
        .and()
        .doNotHaveFullyQualifiedName("org.dure.federation.log.Event$Received")
        .and()
        .doNotHaveFullyQualifiedName("org.dure.federation.protocol.SecretView$Said")
        .should()
        .callMethod(SignedMessage.class, "parse", byte[].class, byte[].class)
        .check(classes);
  }

  @Test
  void noRoomHasMoreThanThirtyFiles() {
    Map<String, Long> files =
        classes.stream()
            .filter(type -> !type.getSimpleName().equals("package-info"))
            .filter(type -> !type.getEnclosingClass().isPresent())
            .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
    assertThat(files)
        .allSatisfy((room, count) -> assertThat(count).as(room).isLessThanOrEqualTo(30));
  }

  @Test
  void noTwoClassesHaveOneName() {
    Map<String, List<String>> named =
        classes.stream()
            .filter(type -> !type.getSimpleName().equals("package-info"))
            .filter(type -> !type.getEnclosingClass().isPresent())
            .collect(
                Collectors.groupingBy(
                    JavaClass::getSimpleName,
                    Collectors.mapping(JavaClass::getName, Collectors.toList())));
    assertThat(named.values()).allSatisfy(names -> assertThat(names).hasSize(1));
  }
}
