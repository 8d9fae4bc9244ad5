using System.Diagnostics;
using System.Globalization;
using System.Text;
using CsAligner.Objectives;
using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;
using CsAligner.Training;

namespace CsAligner.Benchmarks.Objective;

/// <summary>What alignment without pairs costs: the closed form, training, and the term that keeps similarities.</summary>
internal static class WithoutPairsBenchmark
{
    private const int Dim = 768;
    private const double Sigma = 0.5, Lambda = 0.35, Temperature = 0.1;

    public static int Run(string[] arguments)
    {
        int rounds = 5;
        if (arguments.Length > 0 && !(arguments is ["--rounds", { } given] && int.TryParse(given, out rounds) && rounds > 0))
        {
            Console.Error.WriteLine($"without-pairs: expected [--rounds N], got '{string.Join(' ', arguments)}'");
            return 2;
        }

        var text = new StringBuilder();
        text.Append("# Alignment without pairs\n\n");
        text.Append("Written by `dotnet run -c Release --project benchmarks/CsAligner.Benchmarks -- without-pairs`; do not edit.\n\n");
        foreach (string line in Machine.Describe()) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            - CsAligner {WrittenBy.Program.Split(' ')[1]}, {Compute.Simd}, {Compute.Threads} threads

            **The closed form**: both sides' Gaussians and the maps onto their barycentre, D = {Dim}. Rows are made as they are read, so memory is what the fit takes. One run in one process: each reuses the memory that those before it took, so the first shows the most.

            | rows a side | seconds | peak memory |
            |--:|--:|--:|

            """);
        foreach (int rows in (int[])[10_000, 100_000, 1_000_000]) text.Append(ClosedForm(rows));
        text.Append(CultureInfo.InvariantCulture, $"""

            **Training** with the defaults of `align`, without pairs, from the closed form: {AlignmentOptions.DefaultSteps} steps, D = {Dim}. The rows themselves lie in memory and are not counted; measured as above.

            | rows a side | seconds, closed form included | peak memory |
            |--:|--:|--:|

            """);
        foreach (int rows in (int[])[10_000, 100_000]) text.Append(Training(rows));
        text.Append(CultureInfo.InvariantCulture, $"""

            **The term that keeps similarities**, beside D_CS + {Lambda} InfoNCE of B pairs, forward and backward, in one process in turn after a warm-up; medians of {rounds} rounds, and the median of the rounds' ratios.

            | B | D | without | with | ratio |
            |--:|--:|--:|--:|--:|

            """);
        foreach ((int batch, int dim) in ((int, int)[])[(2048, 512), (4096, 512), (4096, Dim), (16384, Dim)])
            text.Append(Term(batch, dim, rounds));
        AtomicFile.WriteAllText(Path.Combine(Machine.ResultsFolder(), "without-pairs.md"), text.ToString());
        Console.Write(text);
        return 0;
    }

    private static string ClosedForm(int rows)
    {
        var memory = new PeakMemory();
        long start = Stopwatch.GetTimestamp();
        GaussianTransport.ToBarycentre(GaussianFit.Of(new MadeRows(rows, 0.3f, 1)), GaussianFit.Of(new MadeRows(rows, -0.3f, 2)));
        return Line(rows, start, memory);
    }

    private static string Training(int rows)
    {
        Tensor images = new(rows, Dim), texts = new(rows, Dim);
        new MadeRows(rows, 0.3f, 1).Read(0, images.Span);
        new MadeRows(rows, -0.3f, 2).Read(0, texts.Span);
        var memory = new PeakMemory();
        long start = Stopwatch.GetTimestamp();
        new AlignmentTrainer(new AlignmentOptions(), AlignmentData.WithoutPairs(images, texts)).Run();
        return Line(rows, start, memory);
    }

    private static string Line(int rows, long start, PeakMemory memory) => string.Create(CultureInfo.InvariantCulture,
        $"| {rows:N0} | {Stopwatch.GetElapsedTime(start).TotalSeconds:f1} | {memory.Rise >> 20:N0} MB |\n");

    private static string Term(int batch, int dim, int rounds)
    {
        var (x, y) = ObjectiveInputs.Synthetic(batch, dim);
        var (startX, startY) = (Tensor.From(x.Span, batch, dim), Tensor.From(y.Span, batch, dim));
        (x.RequiresGrad, y.RequiresGrad) = (true, true);
        var fused = new CsAlignerObjective { Bandwidth = Sigma, Temperature = Temperature, InfoNceWeight = Lambda };
        double[] without = new double[rounds], with = new double[rounds];
        for (int round = -1; round < rounds; round++)
        {
            double[] seconds = [Seconds(round % 2 == 0), Seconds(round % 2 != 0)];
            if (round < 0) continue;
            (without[round], with[round]) = round % 2 == 0 ? (seconds[1], seconds[0]) : (seconds[0], seconds[1]);
        }

        return string.Create(CultureInfo.InvariantCulture, $"| {batch:N0} | {dim} | {Rounds.Median(without):f3} s | "
            + $"{Rounds.Median(with):f3} s | {Rounds.Ratio(with, without):f2}x |\n");

        double Seconds(bool keeps)
        {
            x.ZeroGrad();
            y.ZeroGrad();
            long start = Stopwatch.GetTimestamp();
            using var tape = new Tape();
            Tensor loss = fused.Forward(tape, x, y).Loss;
            tape.Backward(keeps ? tape.Add(loss, tape.KeepSimilarities(x, y, startX, startY)) : loss);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    // Unit rows around a centre; a few directions vary most, as in the spaces of encoders.
    private sealed class MadeRows(int rows, float centre, ulong seed) : IRowSource
    {
        public int Rows => rows;

        public int Width => Dim;

        public void Read(int first, Span<float> values)
        {
            for (int row = 0; row < values.Length / Dim; row++)
            {
                var random = new RandomGenerator(seed).Split((ulong)(first + row));
                Span<float> one = values.Slice(row * Dim, Dim);
                double squares = 0;
                for (int d = 0; d < Dim; d++)
                {
                    one[d] = centre + ((random.NextSingle() - 0.5f) * (d < 64 ? 4 : 1));
                    squares += one[d] * one[d];
                }

                float scale = (float)(1 / Math.Sqrt(squares));
                for (int d = 0; d < Dim; d++) one[d] *= scale;
            }
        }
    }
}
