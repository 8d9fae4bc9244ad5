namespace CsAligner.Mpi.Tests;

/// <summary>Every collective operation, and the loss over real ranks: the same bits for any number of them and either MPI.</summary>
public sealed class CollectivesTests
{
    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public void EveryOperationIsRight(string launcher)
    {
        foreach (int ranks in (int[])[1, 2, 3])
        {
            using var run = MpiRun.Of(launcher, ranks, MpiRun.Program("CsAligner.Mpi.Worker", "collectives"));
            Assert.True(run.ExitCode == 0, run.Error);
            for (int rank = 0; rank < ranks; rank++)
                Assert.Contains($"rank {rank} of {ranks}: every operation is right", run.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(MpiRun.Kinds), MemberType = typeof(MpiRun))]
    public void TheLossHasTheSameBits(string launcher)
    {
        var hashes = new List<string>();
        foreach (int ranks in (int[])[1, 2, 3, 8])
        {
            using var run = MpiRun.Of(launcher, ranks, MpiRun.Program("CsAligner.Mpi.Worker", "loss"));
            Assert.True(run.ExitCode == 0, run.Error);
            string[] found = [.. run.Output.Split('\n').Where(line => line.StartsWith("loss ", StringComparison.Ordinal))];
            Assert.Equal(2, found.Length);
            hashes.AddRange(found);
        }

        Assert.Single(hashes.Distinct());
    }
}
