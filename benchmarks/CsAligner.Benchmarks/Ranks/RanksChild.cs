using System.Diagnostics;
using System.Text.Json;
using CsAligner.Mpi;
using CsAligner.Ranks;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Training;

namespace CsAligner.Benchmarks.Ranks;

/// <summary>One rank of <see cref="RanksBenchmark"/>: rank 0 prints the median step as JSON.</summary>
internal static class RanksChild
{
    private const int Steps = 5;

    public static int Run(string[] arguments)
    {
        var (batch, width) = (int.Parse(arguments[0], Form), int.Parse(arguments[1], Form));
        var exchange = arguments[2] == "ring" ? RowExchange.Ring : RowExchange.Gather;
        using var ranks = Communicator.Open(MpiLaunch.Detect() ?? throw new InputException("ranks: expected to be started by mpirun"));
        var own = RowRange.Of(batch, ranks.Rank, ranks.Size);
        int[] counts = [.. Enumerable.Range(0, ranks.Size).Select(rank => RowRange.Of(batch, rank, ranks.Size).Count)];
        var shares = new RowShares(counts, new int[ranks.Size], ranks.Rank);
        Tensor x = Unit(own.Count, width, 1 + (ulong)ranks.Rank), y = Unit(own.Count, width, 1000 + (ulong)ranks.Rank);
        Tensor gradX = new(x.Shape), gradY = new(y.Shape);
        var loss = new FusedLossParameters(1, 0.7, false, 0.25, 20, batch);
        var rows = new RankedRows(ranks);
        var steps = new List<(double Seconds, double Exchange, long Bytes)>();
        for (int step = 0; step <= Steps; step++)
        {
            ranks.Barrier();
            long start = Stopwatch.GetTimestamp(), bytes = ranks.ExchangedBytes;
            TimeSpan before = ranks.ExchangeTime;
            RankRows rowsX = rows.RowsFor(x, shares, exchange), rowsY = rows.RowsFor(y, shares, exchange);
            _ = DataParallelLossKernel.Compute(rowsX, rowsY, rows, loss, gradX, gradY)
                ?? throw new InputException("ranks: the rows need float64");
            steps.Add((Stopwatch.GetElapsedTime(start).TotalSeconds, (ranks.ExchangeTime - before).TotalSeconds,
                ranks.ExchangedBytes - bytes));
        }

        // The first step compiles.
        var median = steps[1..].OrderBy(step => step.Seconds).ElementAt(Steps / 2);
        if (ranks.Rank == 0)
            Console.WriteLine(JsonSerializer.Serialize(new RanksResult(
                ranks.Size, batch, width, arguments[2], median.Seconds, median.Exchange, median.Bytes, RunEnvironment.PeakBytes)));
        return 0;
    }

    private static IFormatProvider Form => System.Globalization.CultureInfo.InvariantCulture;

    private static Tensor Unit(int rows, int width, ulong seed)
    {
        var tensor = Tensor.Normal(new RandomGenerator(seed), 1, rows, width);
        for (int i = 0; i < rows; i++)
        {
            var row = tensor.Span.Slice(i * width, width);
            float norm = System.Numerics.Tensors.TensorPrimitives.Norm<float>(row);
            System.Numerics.Tensors.TensorPrimitives.Divide(row, norm, row);
        }

        return tensor;
    }
}
