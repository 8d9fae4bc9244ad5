using System.Diagnostics;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

/// <summary>What is no plain file is neither waited for nor read, whichever reader is given its name.</summary>
public class RegularFileTests
{
    [Fact]
    public async Task A_pipe_a_device_and_a_folder_are_bad_samples_and_keep_nobody_waiting()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs pipes and links");
        using var folder = new TemporaryFolder();
        Pipe(folder["pipe.png"]);
        File.CreateSymbolicLink(folder["link.png"], folder["pipe.png"]);
        File.CreateSymbolicLink(folder["zero.png"], "/dev/zero");
        File.CreateSymbolicLink(folder["terminal.png"], "/dev/tty");
        File.CreateSymbolicLink(folder["loop.png"], folder["loop.png"]);
        Directory.CreateDirectory(folder["folder.png"]);
        folder.Write("empty.png", []);
        folder.Write("good.png", [1, 2]);
        string[] names = ["pipe", "link", "zero", "terminal", "loop", "folder", "empty", "good"];
        File.WriteAllLines(folder["captions.tsv"], names.Select(name => $"{name}.png\t{name}"));
        using SampleSource source = Dataset.Open(folder.Path);
        string[] found = [.. await Soon(() => source.ReadAll().Select(WebDatasetTests.Outcome).ToArray())];
        string[] expected =
            ["a pipe or a device", "a pipe or a device", "a pipe or a device", "a pipe or a device", "", "it is a folder",
                "the file is empty, or", "good"];
        for (int i = 0; i < names.Length; i++) Assert.Contains(expected[i], found[i], StringComparison.Ordinal);
        Assert.All(found[..^1],
            line => Assert.True(line.Contains(".png'", StringComparison.Ordinal) && !line.Contains('\n', StringComparison.Ordinal), line));

        var pixels = new ImagePixels(new ImagePreprocessing(4, ImagePreprocessing.ClipMean, ImagePreprocessing.ClipDeviation));
        foreach (string name in names[..^1])
            await Soon(() => Assert.Throws<InputException>(() => pixels.ReadFile(folder[$"{name}.png"], new byte[48])));
    }

    [Fact]
    public async Task A_pipe_among_shards_is_named()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs pipes");
        using var folder = new TemporaryFolder();
        Pipe(folder["s-0.tar"]);
        Directory.CreateDirectory(folder["f-0.tar"]);
        Assert.Contains("a pipe or a device",
            await Soon(() => Assert.Throws<InputException>(() => Dataset.Open(folder["s-{0..0}.tar"])).Message), StringComparison.Ordinal);
        Assert.Contains("1 of 1 shards are missing", Assert.Throws<InputException>(() => Dataset.Open(folder["f-{0..0}.tar"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipes_as_files_of_a_feature_set_are_named()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs pipes");
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["img_emb"]);
        Directory.CreateDirectory(folder["metadata"]);
        Pipe(folder["img_emb/img_emb_0.npy"]);
        Assert.Contains("img_emb_0.npy': the file is empty, or a pipe or a device",
            await Soon(() => Assert.Throws<InputException>(() => Dataset.Open(folder.Path)).Message), StringComparison.Ordinal);
        File.Delete(folder["img_emb/img_emb_0.npy"]);
        using (NpyWriter writer = NpyWriter.Create(folder["img_emb/img_emb_0.npy"], ElementType.Float32, 2))
        {
            writer.WriteRows([1f, 2f]);
            writer.Commit();
        }

        foreach (string name in (string[])["metadata_0.jsonl", "metadata_0.parquet"])
        {
            Pipe(folder[$"metadata/{name}"]);
            Assert.Contains($"{name}': the file is empty, or a pipe or a device",
                await Soon(() => Assert.Throws<InputException>(() => Dataset.Open(folder.Path)).Message), StringComparison.Ordinal);
            File.Delete(folder[$"metadata/{name}"]);
        }
    }

    [Fact]
    public void What_may_only_be_read_is_read()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["folder"]);
        string path = folder.Write("folder/a.bin", [1, 2, 3]);
        File.SetAttributes(path, FileAttributes.ReadOnly);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder["folder"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.Equal([1, 2, 3], RegularFile.ReadAll(path, 3));
            Assert.Contains("it has 3 bytes", Assert.Throws<InputException>(() => RegularFile.ReadAll(path, 2)).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(folder["folder"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.SetAttributes(path, FileAttributes.Normal);
        }
    }

    // Who waits for a pipe waits for ever: the test must not.
    private static Task<T> Soon<T>(Func<T> read) =>
        Task.Run(read).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    private static void Pipe(string path)
    {
        using Process process = Process.Start("mkfifo", [path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
