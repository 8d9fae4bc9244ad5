using CsAligner.Kills;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Hardening;

/// <summary>The short form of tests/CsAligner.Kills; <see cref="Verbs.AlignKillTests"/> kills align just behind its checkpoints.</summary>
public class KillTests
{
    private const int Kills = 3;

    [Theory]
    [InlineData("sweep")]
    [InlineData("embed")]
    public void A_run_killed_at_random_moments_and_given_again_leaves_the_same_bits(string verb)
    {
        using var folder = new TemporaryFolder();
        KillJob job = verb == "sweep" ? KillJobs.SweepFor(epochs: 8) : KillJobs.EmbedFor(pictures: 150, shardRows: 10);
        KillCounts counts = new KillRunner(job, folder.Path, seed: 1, line => TestContext.Current.SendDiagnosticMessage(line)).Run(Kills);
        Assert.Equal(Kills, counts.Kills);
    }

    [Fact]
    public void Harm_is_seen()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.json", "{\"seconds\": 1, \"x\": [{\"seconds\": 2}]}"u8);
        folder.Write("b.json", "{\"seconds\": 3, \"x\": [{}]}"u8);
        Assert.Equal(OutputFolder.Content(folder["a.json"], ["seconds"]), OutputFolder.Content(folder["b.json"], ["seconds"]));
        Assert.NotEqual(OutputFolder.Content(folder["a.json"], []), OutputFolder.Content(folder["b.json"], []));
        OutputFolder.CheckWhole(folder.Path);
        foreach ((string name, string text) in ((string, string)[])[("c.json", "{\"x\": "), ("c.csv", "a,b\n1"), ("c.jsonl", "{}\n{"),
            ("c.npy", "x"), ("c.safetensors", "x"), ("c.txt", "")])
        {
            folder.Write(name, System.Text.Encoding.UTF8.GetBytes(text));
            Assert.Contains(name + " is torn", Assert.Throws<KillException>(() => OutputFolder.CheckWhole(folder.Path)).Message,
                StringComparison.Ordinal);
            File.Delete(folder[name]);
        }

        folder.Write("r.csv", "cell,seconds,r1\n\"a, b\",1.5,2\n"u8);
        folder.Write("s.csv", "cell,seconds,r1\n\"a, b\",7,2\n"u8);
        folder.Write("t.csv", "cell,seconds,r1\n\"a, b\",7,3\n"u8);
        Assert.Equal(OutputFolder.Content(folder["r.csv"], ["seconds"]), OutputFolder.Content(folder["s.csv"], ["seconds"]));
        Assert.NotEqual(OutputFolder.Content(folder["r.csv"], ["seconds"]), OutputFolder.Content(folder["t.csv"], ["seconds"]));
        folder.Write("u.md", "Text\n\n| case | s | r1 |\n|--|--|--|\n| a | 1.5 | 2 |\n\nText | 1.5 |\n"u8);
        folder.Write("v.md", "Text\n\n| case | s | r1 |\n|--|--|--|\n| a | 9 | 2 |\n\nText | 1.5 |\n"u8);
        folder.Write("w.md", "Text\n\n| case | s | r1 |\n|--|--|--|\n| a | 9 | 2 |\n\nText | 9 |\n"u8);
        Assert.Equal(OutputFolder.Content(folder["u.md"], ["s"]), OutputFolder.Content(folder["v.md"], ["s"]));
        Assert.NotEqual(OutputFolder.Content(folder["u.md"], ["s"]), OutputFolder.Content(folder["w.md"], ["s"]));
        folder.Write(".a.json.x.csalign-tmp", [1]);
        Assert.Equal([".a.json.x.csalign-tmp"], OutputFolder.Temporary(folder.Path));
    }
}
