using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;
using CsAligner.Data.Images;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests;

/// <summary>What <c>dotnet pack</c> makes, installed and run from the packed files alone.</summary>
public sealed class PackageTests(PackageTests.Packed packed) : IClassFixture<PackageTests.Packed>, IDisposable
{
    // Of csalign alone: it brings them along, and they are no packages.
    private static readonly string[] s_parts = ["CsAligner.Reports", "CsAligner.Studies"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_tool_installs_from_its_file_and_runs()
    {
        // No source but the folder: nothing is fetched.
        string tools = _folder["tools"];
        await DotnetAsync("tool", "install", "csalign", "--tool-path", tools, "--source", packed.Folder, "--version", packed.Version);
        string csalign = Path.Combine(tools, OperatingSystem.IsWindows() ? "csalign.exe" : "csalign");
        Assert.StartsWith(packed.Version, (await RunAsync(csalign, "--version")).Trim(), StringComparison.Ordinal);

        using JsonDocument measures =
            JsonDocument.Parse(await RunAsync(csalign, "measure", FeatureFile(1, 20), FeatureFile(2, 20), "--json"));
        Assert.Equal(20, measures.RootElement.GetProperty("rows_x").GetInt32());
        Assert.True(measures.RootElement.GetProperty("cs_divergence").GetDouble() > 0);

        // The model that comes along is found by its name.
        string captions = _folder.Write("captions.txt", "a cat\na dog\n"u8);
        await RunAsync(csalign, "embed", "--model", "icon-clip", "--texts", captions, "--out", _folder["features"]);
        Assert.True(File.Exists(_folder["features/text_emb/text_emb_0.npy"]));

        // And what decodes pictures comes along, with nothing in the cache.
        Directory.CreateDirectory(_folder["pictures"]);
        _folder.Write("pictures/red.png", PngFile.Encode([.. Enumerable.Repeat((byte)200, 3 * 64)], 8, 8));
        await RunAsync(csalign, "embed", "--model", "icon-clip", "--images", _folder["pictures"], "--out", _folder["seen"]);
        Assert.True(File.Exists(_folder["seen/img_emb/img_emb_0.npy"]));
    }

    [Fact]
    public async Task An_application_takes_the_packages_and_runs_what_the_readme_shows()
    {
        // What they depend on was restored to build this; theirs come from the folder.
        string restored = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        new XElement("configuration",
            new XElement("config", Add("globalPackagesFolder", _folder["installed"])),
            new XElement("packageSources", new XElement("clear"), Add("packed", packed.Folder)),
            new XElement("fallbackPackageFolders", new XElement("clear"), Add("restored", restored))).Save(_folder["nuget.config"]);
        new XElement("Project", new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement("PropertyGroup",
                new XElement("OutputType", "Exe"), new XElement("TargetFramework", "net10.0"), new XElement("ImplicitUsings", "enable"),
                new XElement("TreatWarningsAsErrors", "true"),

                // Native libraries of this system alone.
                new XElement("UseCurrentRuntimeIdentifier", "true"), new XElement("SelfContained", "false")),
            new XElement("ItemGroup",
                new XElement("PackageReference", new XAttribute("Include", "CsAligner.Onnx"),
                    new XAttribute("Version", packed.Version)))).Save(_folder["application.csproj"]);
        string readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            _folder["Program.cs"],
            $"""
            using CsAligner.Evaluation;
            using CsAligner.Tensors.Formats;
            using CsAligner.Training;

            string imagesPath = args[0], textsPath = args[1];
            {readme.Split("```csharp\n")[1].Split("```")[0]}
            """,
            TestContext.Current.CancellationToken);
        await DotnetAsync("build", _folder["application.csproj"], "-c", "Release", "-o", _folder["built"], "-nologo", "-v", "q");
        string said = await DotnetAsync(_folder["built/application.dll"], FeatureFile(1, 300), FeatureFile(2, 300));
        Assert.Matches(@"^D_CS \S+ at sigma \S+\s*$", said);
    }

    [Fact]
    public void Packages_hold_what_they_should()
    {
        foreach (string id in (ReadOnlySpan<string>)["csalign", "CsAligner", "CsAligner.Data", "CsAligner.Onnx", "CsAligner.Tensors"])
            Assert.Contains($"{id}.{packed.Version}.nupkg", packed.Names);
        foreach (string part in s_parts) Assert.DoesNotContain($"{part}.{packed.Version}.nupkg", packed.Names);
        foreach (string name in packed.Names) HoldsWhatItShould(Path.Combine(packed.Folder, name));
    }

    private static XElement Add(string key, string value) => new("add", new XAttribute("key", key), new XAttribute("value", value));

    private void HoldsWhatItShould(string package)
    {
        using ZipArchive archive = ZipFile.OpenRead(package);
        string[] entries = [.. archive.Entries.Select(entry => entry.FullName)];
        string id = Path.GetFileName(package)[..^$".{packed.Version}.nupkg".Length];
        bool tool = id == "csalign";
        Assert.Contains("README.md", entries);
        Assert.Contains(entries, entry => entry.EndsWith($"net10.0/{(tool ? "any/" : "")}{id}.dll", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.ChangeExtension(package, ".snupkg")), $"{package} has no symbols beside it");
        if (tool)
        {
            HoldsATool(archive, entries);
        }
        else
        {
            Assert.Contains($"lib/net10.0/{id}.xml", entries);
        }

        using var reader = new StreamReader(archive.GetEntry($"{id}.nuspec")!.Open());
        string specification = reader.ReadToEnd();
        foreach (string part in (ReadOnlySpan<string>)["<license type=\"expression\">Apache-2.0</license>", "<readme>README.md</readme>",
            "<description>", "<tags>"])
            Assert.Contains(part, specification, StringComparison.Ordinal);
        Assert.DoesNotContain("Package Description", specification, StringComparison.Ordinal);

        // Built from a clone, it names the commit.
        if (Path.Exists(Path.Combine(Repository.Root, ".git")))
            Assert.Matches("<repository type=\"git\" [^>]*commit=\"[0-9a-f]{40}\"", specification);
    }

    // It runs on every system that csalign runs on, and brings nothing for others.
    private static void HoldsATool(ZipArchive archive, string[] entries)
    {
        foreach (string model in (ReadOnlySpan<string>)["icon-clip", "icon-decoder"])
            Assert.Single(entries, entry => entry.EndsWith($"models/{model}/model.safetensors", StringComparison.Ordinal));
        foreach (string part in s_parts)
            Assert.Single(entries, entry => entry.EndsWith($"net10.0/any/{part}.dll", StringComparison.Ordinal));
        string[] systems = ["linux-arm64", "linux-x64", "osx-arm64", "win-arm64", "win-x64"];
        using var reader = new StreamReader(archive.Entries.Single(entry => entry.Name == "csalign.deps.json").Open());
        string dependencies = reader.ReadToEnd();
        foreach (string system in systems)
        {
            string[] libraries = system[..3] switch
            {
                "win" => ["onnxruntime.dll", "libvips-42.dll"],
                "osx" => ["libonnxruntime.dylib", "libvips.42.dylib"],
                _ => ["libonnxruntime.so", "libvips.so.42"],
            };
            foreach (string library in libraries)
            {
                string name = $"runtimes/{system}/native/{library}";
                Assert.Single(entries, entry => entry.EndsWith(name, StringComparison.Ordinal));
                Assert.Contains(name, dependencies, StringComparison.Ordinal);
            }
        }

        foreach (string phone in (ReadOnlySpan<string>)["runtimes/android/", "runtimes/ios/"])
            Assert.DoesNotContain(entries, entry => entry.Contains(phone, StringComparison.Ordinal));
    }

    private string FeatureFile(ulong seed, int rows) =>
        Verbs.FeatureFiles.Save(_folder, $"rows-{seed}.npy", Verbs.FeatureFiles.Cloud(seed, rows, 3, 0.5));

    private static Task<string> DotnetAsync(params string[] arguments) =>
        RunAsync(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true
        };

        // Nothing that was fetched before helps.
        start.Environment["CSALIGN_CACHE"] = Path.Combine(AppContext.BaseDirectory, "no-cache");
        start.Environment["DOTNET_NOLOGO"] = start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";

        // Servers that outlive the command would keep the pipes open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0,
            $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output} {error}");
        return await output;
    }

    /// <summary>All packages, packed once, of what was built for these tests.</summary>
    public sealed class Packed : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        public string Folder => _folder.Path;

        public string[] Names { get; private set; } = [];

        public string Version { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
            foreach (string project in Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
                .Where(project => Directory.Exists(Path.Combine(Path.GetDirectoryName(project)!, "bin", configuration))))
                await DotnetAsync("pack", project, "-c", configuration, "--no-build", "--no-restore", "-o", Folder, "-nologo", "-v", "q");
            Names = [.. Directory.GetFiles(Folder, "*.nupkg").Select(file => Path.GetFileName(file))];
            string tool = Assert.Single(Names, name => name.StartsWith("csalign.", StringComparison.Ordinal));
            Version = tool["csalign.".Length..^".nupkg".Length];
        }

        public ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
