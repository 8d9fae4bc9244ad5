using System.Text.Json;
using CsAligner.Testing;

namespace CsAligner.Mpi.Tests;

/// <summary>The command line over ranks: the adapters, features and measures of one process.</summary>
public sealed class CommandsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SmallSets _sets;

    public CommandsTests() => _sets = new SmallSets(_folder);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public void AlignEndsWhereOneProcessDoes(string launcher)
    {
        MpiRun.Require(launcher);
        Assert.Equal(0, SmallSets.Alone([.. _sets.Align("alone"), "--objective", "cs+infonce"]).ExitCode);
        foreach (var (ranks, exchange) in new[] { (2, "gather"), (3, "ring") })
        {
            string name = $"{ranks}-{exchange}";
            using var run = MpiRun.Of(launcher, ranks,
                MpiRun.Program("csalign", [.. _sets.Align(name), "--objective", "cs+infonce", "--exchange", exchange, "--json"]));
            Assert.True(run.ExitCode == 0, run.Error);
            using var json = JsonDocument.Parse(run.Output);
            Assert.Equal(ranks, json.RootElement.GetProperty("ranks").GetInt32());
            Assert.True(json.RootElement.GetProperty("exchanged_bytes").GetInt64() > 0);
            Assert.Single(run.Error.Split('\n'), line => line.Contains("epoch 4/4", StringComparison.Ordinal));
            SmallSets.Near(_folder["alone"], _folder[name]);
        }
    }

    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public void MeasureGivesTheSame(string launcher)
    {
        MpiRun.Require(launcher);
        string[] line = ["measure", _sets.Images, _sets.Texts, "--json", "--memory", "1G"];
        var alone = SmallSets.Alone(line);
        using var run = MpiRun.Of(launcher, 3, MpiRun.Program("csalign", line));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(alone.Output.Trim(), run.Output.Trim());
    }

    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public void EmbedWritesTheSameFeatures(string launcher)
    {
        MpiRun.Require(launcher);
        string texts = _folder["lines.txt"];
        File.WriteAllLines(texts, Enumerable.Range(0, 100).Select(i => $"arrow {i}"));
        string[] Line(string name) => ["embed", "--model", "icon-clip", "--texts", texts, "--out", _folder[name], "--shard-rows", "16"];
        Assert.Equal(0, SmallSets.Alone(Line("one")).ExitCode);
        using var run = MpiRun.Of(launcher, 2, MpiRun.Program("csalign", Line("two")));
        Assert.True(run.ExitCode == 0, run.Error);
        string[] files = [.. Directory.GetFiles(_folder["one/text_emb"]).Select(file => Path.GetFileName(file)).Order()];
        Assert.NotEmpty(files);
        foreach (string file in files)
            Assert.Equal(File.ReadAllBytes(_folder[$"one/text_emb/{file}"]), File.ReadAllBytes(_folder[$"two/text_emb/{file}"]));
    }
}
