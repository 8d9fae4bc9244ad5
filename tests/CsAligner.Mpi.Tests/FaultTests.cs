using System.Diagnostics;
using CsAligner.Testing;

namespace CsAligner.Mpi.Tests;

/// <summary>Whatever goes wrong on a rank ends all of them within seconds, with a line that names it; nothing is torn.</summary>
public sealed class FaultTests : IDisposable
{
    private const int ManyEpochs = 5000;

    // From the fault to the end of all ranks; launchers take a few seconds themselves.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    private readonly TemporaryFolder _folder = new();
    private readonly SmallSets _sets;

    public FaultTests() => _sets = new SmallSets(_folder);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public async Task AKilledRankEndsAllAndTheRunGoesOn(string launcher)
    {
        string checkpoint = _folder["cut/checkpoint.safetensors"];
        using (var run = MpiRun.Start(launcher, 2, MpiRun.Program("csalign", _sets.Align("cut", ManyEpochs))))
        {
            while (!File.Exists(checkpoint))
            {
                Assert.False(run.HasExited, run.Error);
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }

            using Process victim = await run.RankAsync(1, _folder["cut"], TestContext.Current.CancellationToken);
            long start = Stopwatch.GetTimestamp();
            victim.Kill();
            run.Wait();
            Assert.True(Stopwatch.GetElapsedTime(start) < Soon, $"{Stopwatch.GetElapsedTime(start)}");
            Assert.NotEqual(0, run.ExitCode);
        }

        Assert.Equal(
            ["checkpoint.safetensors"],
            Directory.GetFiles(_folder["cut"]).Select(file => Path.GetFileName(file)).Where(name => !name.StartsWith('.')));
        using var other = MpiRun.Start(launcher, 3, MpiRun.Program("csalign", [.. _sets.Align("cut", ManyEpochs), "--resume"]));
        while (!other.Error.Contains("epoch ", StringComparison.Ordinal))
        {
            Assert.False(other.HasExited, other.Error);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.DoesNotContain("no checkpoint", other.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public void ARankThatCannotReadItsRowsIsNamed(string launcher)
    {
        string[] there = [.. _sets.Align("out")];
        there[2] = _folder["nothing.npy"];
        Fails(launcher, 3, 1, MpiRun.OnRank(2, MpiRun.Program("csalign", there), MpiRun.Program("csalign", _sets.Align("out"))),
            "csalign: rank 2: cannot read");
        there[2] = _folder["torn.npy"];
        File.WriteAllBytes(there[2], File.ReadAllBytes(_sets.Images)[..5000]);
        Fails(launcher, 3, 1, MpiRun.OnRank(2, MpiRun.Program("csalign", there), MpiRun.Program("csalign", _sets.Align("out"))),
            "csalign: rank 2: ");
        Assert.False(File.Exists(_folder["out/run.json"]));
    }

    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public void ARankWithOtherFilesOrOptionsIsNamed(string launcher)
    {
        string[] usual = MpiRun.Program("csalign", _sets.Align("out"));
        string[] seed = [.. usual[..^1], "4"];
        Fails(launcher, 3, 1, MpiRun.OnRank(1, seed, usual), "csalign: rank 0: mpi: rank 1 has other options than rank 0");
        string[] files = [.. usual];
        files[Array.IndexOf(files, "--texts") + 1] = _sets.Images;
        Fails(launcher, 3, 1, MpiRun.OnRank(2, files, usual), "csalign: rank 0: mpi: rank 2 has other texts than rank 0");
    }

    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public void AFullDiskOnRankZeroEndsAll(string launcher)
    {
        MpiRun.Require(launcher);
        string output = _folder["small"];
        Directory.CreateDirectory(output);
        using var disk = SmallDisk.TryMount(output);
        Assert.SkipWhen(disk is null, "a small disk cannot be mounted here: that needs root");
        File.WriteAllBytes(Path.Combine(output, "filler"), new byte[(1 << 20) - 8192]);
        Fails(launcher, 2, 1, MpiRun.Program("csalign", _sets.Align("small")), "csalign: rank 0: cannot write");
    }

    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public void WrongUsageIsSaidOnce(string launcher)
    {
        Fails(launcher, 2, 2, MpiRun.Program("csalign", "align", "--imagse", "x"), "csalign: rank 0: unknown option '--imagse'");
        Fails(launcher, 2, 2, MpiRun.Program("csalign", "evaluate", "--images", _sets.Images, "--texts", _sets.Texts),
            "csalign: rank 0: evaluate runs in one process");
        Fails(launcher, 2, 1, MpiRun.Program("csalign", [.. _sets.Align("out"), "--objective", "siglip", "--exchange", "ring"]),
            "csalign: rank 0: align: with the exchange ring, objectives are cs, infonce and their sum");
    }

    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public void NoMpiOrTwoKindsMixedIsOneLine(string launcher)
    {
        using (var none = MpiRun.Of(launcher, 2, MpiRun.Program("csalign", _sets.Align("out")), ("CSALIGN_MPI_LIBRARY", "/no/libmpi.so")))
        {
            Assert.NotEqual(0, none.ExitCode);
            Assert.Contains(
                "CSALIGN_MPI_LIBRARY is '/no/libmpi.so', which cannot be loaded", Assert.Single(none.Lines), StringComparison.Ordinal);
        }

        bool openMpi = launcher.EndsWith("openmpi", StringComparison.Ordinal);
        MpiRun.Require(openMpi ? "mpirun.mpich" : "mpirun.openmpi");
        using var mixed = MpiRun.Of(launcher, 2, MpiRun.Program("csalign", _sets.Align("out")),
            ("CSALIGN_MPI_LIBRARY", openMpi ? "libmpich.so.12" : "libmpi.so.40"));
        Assert.NotEqual(0, mixed.ExitCode);
        Assert.Contains("they are of different kinds", Assert.Single(mixed.Lines), StringComparison.Ordinal);
    }

    private static void Fails(string launcher, int ranks, int code, string[] command, string line)
    {
        long start = Stopwatch.GetTimestamp();
        using var run = MpiRun.Of(launcher, ranks, command);
        Assert.True(Stopwatch.GetElapsedTime(start) < Soon + TimeSpan.FromSeconds(5), $"{Stopwatch.GetElapsedTime(start)}");
        Assert.True(run.ExitCode == code, $"{run.ExitCode}: {run.Error}");
        Assert.StartsWith(line, Assert.Single(run.Lines), StringComparison.Ordinal);
    }
}
