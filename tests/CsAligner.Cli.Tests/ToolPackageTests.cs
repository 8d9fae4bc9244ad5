using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests;

/// <summary>What <c>dotnet pack</c> makes, installed and run from the packed files alone.</summary>
public sealed class ToolPackageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_packed_tool_installs_from_its_file_and_runs()
    {
        // What was built for this test is packed as it is.
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string packages = _folder["packages"], tools = _folder["tools"];
        foreach (string project in Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories).Where(project => IsBuilt(project, configuration)))
            await DotnetAsync("pack", project, "-c", configuration, "--no-build", "--no-restore", "-o", packages, "-nologo", "-v", "q");
        string[] names = [.. Directory.GetFiles(packages, "*.nupkg").Select(file => Path.GetFileName(file))];
        foreach (string id in (ReadOnlySpan<string>)["csalign", "CsAligner", "CsAligner.Data", "CsAligner.Tensors"])
            HoldsWhatItShould(Path.Combine(packages, Assert.Single(names, name => name.StartsWith(id + ".0", StringComparison.Ordinal))), tool: id == "csalign");

        // No source but the folder: nothing is fetched.
        await DotnetAsync("tool", "install", "csalign", "--tool-path", tools, "--source", packages, "--version", Version(names));
        string csalign = Path.Combine(tools, OperatingSystem.IsWindows() ? "csalign.exe" : "csalign");
        Assert.StartsWith(Version(names), (await RunAsync(csalign, "--version")).Trim(), StringComparison.Ordinal);

        string images = FeatureFile(1), texts = FeatureFile(2);
        using JsonDocument measures = JsonDocument.Parse(await RunAsync(csalign, "measure", images, texts, "--json"));
        Assert.Equal(20, measures.RootElement.GetProperty("rows_x").GetInt32());
        Assert.True(measures.RootElement.GetProperty("cs_divergence").GetDouble() > 0);

        // The model that ships with it is found beside it.
        string model = Assert.Single(Directory.GetDirectories(tools, "icon-clip", SearchOption.AllDirectories));
        string captions = _folder.Write("captions.txt", "a cat\na dog\n"u8);
        await RunAsync(csalign, "embed", "--model", model, "--texts", captions, "--out", _folder["features"]);
        Assert.True(File.Exists(_folder["features/text_emb/text_emb_0.npy"]));
    }

    private static bool IsBuilt(string project, string configuration) => Directory.Exists(Path.Combine(Path.GetDirectoryName(project)!, "bin", configuration));

    private static void HoldsWhatItShould(string package, bool tool)
    {
        using ZipArchive archive = ZipFile.OpenRead(package);
        string[] entries = [.. archive.Entries.Select(entry => entry.FullName)];
        string id = tool ? "csalign" : Path.GetFileName(package)[..Path.GetFileName(package).IndexOf(".0", StringComparison.Ordinal)];
        Assert.Contains("README.md", entries);
        Assert.Contains(entries, entry => entry.EndsWith($"net10.0/{(tool ? "any/" : "")}{id}.dll", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.ChangeExtension(package, ".snupkg")), $"{package} has no symbols beside it");
        if (tool)
            Assert.Single(entries, entry => entry.EndsWith("models/icon-clip/model.safetensors", StringComparison.Ordinal));
        else
            Assert.Contains($"lib/net10.0/{id}.xml", entries);
        using var reader = new StreamReader(archive.GetEntry($"{id}.nuspec")!.Open());
        string specification = reader.ReadToEnd();
        foreach (string part in (ReadOnlySpan<string>)["<license type=\"expression\">Apache-2.0</license>", "<readme>README.md</readme>", "<description>", "<tags>"])
            Assert.Contains(part, specification, StringComparison.Ordinal);
        Assert.DoesNotContain("Package Description", specification, StringComparison.Ordinal);
    }

    private static string Version(string[] names)
    {
        string name = Assert.Single(names, name => name.StartsWith("csalign.", StringComparison.Ordinal));
        return name["csalign.".Length..^".nupkg".Length];
    }

    private string FeatureFile(ulong seed) => Verbs.FeatureFiles.Save(_folder, $"rows-{seed}.npy", Verbs.FeatureFiles.Cloud(seed, 20, 3, 0.5));

    private static Task<string> DotnetAsync(params string[] arguments) => RunAsync(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DOTNET_NOLOGO"] = start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";

        // Servers that outlive the command would keep the pipes open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await output} {error}");
        return await output;
    }
}
