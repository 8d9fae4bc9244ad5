using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Packages;

/// <summary>A small shell script stands in for npm, so that its failures can be had without a network.</summary>
[Collection(EnvironmentTests.Name)]
public sealed class NpmPackagesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("csalign-npm-").FullName;
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");
    private readonly string? _cache = Environment.GetEnvironmentVariable("CSALIGN_CACHE");
    private readonly NpmPackage _package;

    public NpmPackagesTests()
    {
        string tarball = Path.Combine(_folder, "csaligner-test-sample-1.2.3.tgz");
        using (var writer = new TarWriter(new GZipStream(File.Create(tarball), CompressionLevel.Fastest)))
        {
            foreach (string name in (string[])["package/icons.json", "package/index.js"])
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("{}"u8.ToArray()) });
        }

        _package = new NpmPackage("@csaligner-test/sample", "1.2.3",
            "sha512-" + Convert.ToBase64String(SHA512.HashData(File.ReadAllBytes(tarball))));
        Cache = Path.Combine(_folder, "cache");
    }

    private string Cache
    {
        get => Environment.GetEnvironmentVariable("CSALIGN_CACHE")!;
        set => Environment.SetEnvironmentVariable("CSALIGN_CACHE", value);
    }

    private string Calls => Path.Combine(_folder, "calls");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        Environment.SetEnvironmentVariable("CSALIGN_CACHE", _cache);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_package_is_unpacked_without_its_programs_and_then_needs_no_npm()
    {
        PackWith(Copy);
        string folder = await Ensure();
        Assert.Equal(Path.Combine(Cache, "npm", "@csaligner-test", "sample", "1.2.3"), folder);
        Assert.True(File.Exists(Path.Combine(folder, "icons.json")));
        Assert.False(File.Exists(Path.Combine(folder, "index.js")));
        Assert.Contains("--ignore-scripts", File.ReadAllText(Calls), StringComparison.Ordinal);

        Environment.SetEnvironmentVariable("PATH", "");
        Assert.Equal(folder, await Ensure());
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(Cache, "npm"), ".tmp-*"));
    }

    [Fact]
    public async Task Two_that_ask_at_once_fetch_once()
    {
        PackWith("sleep 1\n" + Copy);
        await Task.WhenAll(Ensure(), Ensure(), Ensure());
        Assert.Single(File.ReadAllLines(Calls));
    }

    [Fact]
    public async Task Without_npm_the_error_says_to_install_it()
    {
        Environment.SetEnvironmentVariable("PATH", _folder);
        await Fails("npm client was not found on PATH; install Node.js");
    }

    [Theory]
    [InlineData("npm error code ENOTFOUND\nnpm error network request to the registry failed", "no network")]
    [InlineData("npm error code EAI_AGAIN", "no network")]
    [InlineData("npm error code E404\nnpm error 404 Not Found", "does not find")]
    [InlineData("npm error code ENOSPC\nnpm error no space left on device", "disk is full")]
    [InlineData("npm error code EACCES\nnpm error permission denied", "npm has no permission to write")]
    [InlineData("npm error something else", "could not download")]
    public async Task What_npm_says_becomes_one_line_with_a_cure(string said, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "said"), said);
        PackWith($"cat '{_folder}/said' >&2; exit 1");
        await Fails(expected);
    }

    [Fact]
    public async Task Other_content_than_pinned_is_refused_and_not_kept()
    {
        PackWith($"echo other > \"$last/csaligner-test-sample-1.2.3.tgz\"");
        await Fails("is not the pinned content");
        Assert.False(Directory.Exists(Path.Combine(Cache, _package.RelativeFolder)));
    }

    [Fact]
    public async Task A_cache_that_cannot_be_written_is_named()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Cache = Path.Combine(file, "cache");
        PackWith(Copy);
        await Fails("set CSALIGN_CACHE to a folder that can be written");
    }

    [Fact]
    public async Task Stopping_ends_npm_and_leaves_nothing()
    {
        PackWith("exec sleep 60");
        using var stop = new CancellationTokenSource();
        Task<string> running = NpmPackages.EnsureAsync(_package.Name, _package.Version, _package.Integrity, null, stop.Token);
        while (!File.Exists(Calls))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(Cache, "npm"), ".tmp-*"));
    }

    [Theory]
    [InlineData("a b", "1.0.0")]
    [InlineData("--globalconfig=x", "1.0.0")]
    [InlineData("../x", "1.0.0")]
    [InlineData("@scope/../x", "1.0.0")]
    [InlineData("ok", "latest")]
    [InlineData("ok", "1.0.0 --x")]
    public async Task A_name_or_version_that_is_none_is_a_mistake_of_the_caller(string name, string version) =>
        await Assert.ThrowsAsync<ArgumentException>(() =>
            NpmPackages.EnsureAsync(name, version, _package.Integrity, null, CancellationToken.None));

    private string Copy => $"cp '{_folder}'/csaligner-test-sample-1.2.3.tgz \"$last\"";

    private void PackWith(string body)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in for npm is a shell script");
        string bin = Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName;
        string npm = Path.Combine(bin, "npm");
        File.WriteAllText(npm, $"#!/bin/sh\necho \"$@\" >> '{Calls}'\nfor last; do :; done\n{body}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(npm, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable("PATH", bin + Path.PathSeparator + "/usr/bin:/bin");
    }

    private Task<string> Ensure() =>
        NpmPackages.EnsureAsync(_package.Name, _package.Version, _package.Integrity, null, TestContext.Current.CancellationToken);

    private async Task Fails(string expected)
    {
        var failure = await Assert.ThrowsAsync<InputException>(Ensure);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }
}
