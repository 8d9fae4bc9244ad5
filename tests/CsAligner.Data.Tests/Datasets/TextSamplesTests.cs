using System.Diagnostics;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

public class TextSamplesTests
{
    [Theory]
    [InlineData("one\ntwo\nthree")]
    [InlineData("one\r\ntwo\r\nthree\r\n")]
    [InlineData("\uFEFFone\ntwo\nthree\n")]
    public void Lines_are_read_in_any_order_without_their_ends(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["texts.txt"], text);
        using var samples = new TextSamples(folder["texts.txt"]);
        Assert.Equal(["two", "three", "one", "two"], new[] { 1, 2, 0, 1 }.Select(part => Text(Assert.Single(samples.ReadPart(part)))));
        Assert.Equal((3, 3L), (samples.Parts, samples.Count));
    }

    [Fact]
    public void A_file_that_changes_while_it_is_read_is_an_error()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["texts.txt"], "one\ntwo\nthree\n");
        using var samples = new TextSamples(folder["texts.txt"]);
        File.WriteAllBytes(folder["texts.txt"], [.. "one\nt"u8, 0xFF, .. "o\n"u8]);
        Assert.Equal("one", Text(samples.ReadPart(0).Single()));
        foreach (int part in (int[])[1, 2])
            Assert.Contains($"line {part + 1} has changed",
                Assert.Throws<InputException>(() => Text(samples.ReadPart(part).Single())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_comes_out_of_a_pipe_is_kept()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs pipes");
        using var folder = new TemporaryFolder();
        using (Process process = Process.Start("mkfifo", [folder["texts.txt"]]))
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        string[] lines = [.. Enumerable.Range(0, 30_000).Select(i => $"text {i}")];
        Task writing = Task.Run(() => File.WriteAllLines(folder["texts.txt"], lines), TestContext.Current.CancellationToken);
        using var samples = await Task.Run(() => new TextSamples(folder["texts.txt"]))
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await writing;
        Assert.Equal(lines, samples.ReadAll().Select(Text));
        File.Delete(folder["texts.txt"]);
        File.WriteAllLines(folder["texts.txt"], lines);
        using var plain = new TextSamples(folder["texts.txt"]);
        Assert.Equal(plain.Fingerprint, samples.Fingerprint);
        Assert.Equal(lines, plain.ReadAll().Select(Text));
    }

    private static string Text(SampleEntry entry) => Assert.Single(entry.Load(SampleParts.Captions).Captions);
}
