using System.Text.Json;
using CsAligner.Objectives;
using CsAligner.Objectives.Terms;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tests.Starts;

namespace CsAligner.Tests.Objectives;

[Collection("process settings")]
public sealed class SimilarityPreservationTests
{
    public static TheoryData<int> Cases => [0, 1];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Value_and_gradients_are_the_golden_ones(int number)
    {
        JsonElement golden = StartsGolden.Case("similarity", number);
        int width = golden.GetProperty("width").GetInt32(), start = golden.GetProperty("start_width").GetInt32();
        double value = golden.GetProperty("value").GetDouble();
        double[] gradX = StartsGolden.Numbers(golden, "grad_x"), gradY = StartsGolden.Numbers(golden, "grad_y");
        var naive = NaiveBaselines.SimilarityPreservation(
            StartsGolden.Matrix(golden, "x", width), StartsGolden.Matrix(golden, "y", width),
            StartsGolden.Matrix(golden, "start_x", start), StartsGolden.Matrix(golden, "start_y", start));
        Near.Relative(value, naive.Value, 1e-9);
        Near.Norm(gradX, naive.GradX.Cast<double>(), 1e-9);
        Near.Norm(gradY, naive.GradY.Cast<double>(), 1e-9);

        Tensor x = StartsGolden.Tensor(golden, "x", width), y = StartsGolden.Tensor(golden, "y", width);
        (x.RequiresGrad, y.RequiresGrad) = (true, true);
        using var tape = new Tape();
        var loss = tape.KeepSimilarities(x, y, StartsGolden.Tensor(golden, "start_x", start),
            StartsGolden.Tensor(golden, "start_y", start));
        tape.Backward(loss);
        Near.Relative(value, loss.Item, 1e-5);
        Near.Norm(gradX, x.Grad.ToArray().Select(v => (double)v), 2e-5);
        Near.Norm(gradY, y.Grad.ToArray().Select(v => (double)v), 2e-5);
    }

    // Rows far from the origin, as those of a frozen encoder: their similarities hardly vary beside their mean.
    [Theory]
    [InlineData(70, 33, 17, 0.1f)]
    [InlineData(33, 130, 64, 8)]
    public void It_is_the_definition_on_clouds(int rows, int columns, int width, float offset)
    {
        Tensor x = Clouds.Flat(rows, width, 1, offset), y = Clouds.Flat(columns, width, 2, offset),
            startX = Clouds.Flat(rows, width, 3, offset), startY = Clouds.Flat(columns, width, 4, -offset);
        var naive = NaiveBaselines.SimilarityPreservation(Wide(x), Wide(y), Wide(startX), Wide(startY));
        foreach (int threads in new[] { 1, 2 })
        {
            int before = Compute.Threads;
            try
            {
                Compute.Threads = threads;
                (x.RequiresGrad, y.RequiresGrad) = (true, true);
                x.ZeroGrad();
                y.ZeroGrad();
                using var tape = new Tape();
                var loss = tape.KeepSimilarities(x, y, startX, startY);
                tape.Backward(loss);
                Near.Relative(naive.Value, loss.Item, 2e-5);
                Near.Norm(naive.GradX.Cast<double>(), x.Grad.ToArray().Select(v => (double)v), 1e-4);
                Near.Norm(naive.GradY.Cast<double>(), y.Grad.ToArray().Select(v => (double)v), 1e-4);
            }
            finally
            {
                Compute.Threads = before;
            }
        }
    }

    [Fact]
    public void Rows_that_turn_together_lose_nothing()
    {
        Tensor x = Clouds.Flat(20, 4, 1, 0.3f), y = Clouds.Flat(30, 4, 2, 0.3f);
        using var tape = Tape.Inference();
        Assert.Equal(0, tape.KeepSimilarities(Turned(x), Turned(y), x, y).Item, 1e-5);
        Assert.True(tape.KeepSimilarities(Turned(x), y, x, y).Item > 0.1);

        // A quarter turn of the first two coordinates, and three times the length.
        static Tensor Turned(Tensor rows)
        {
            var turned = new Tensor(rows.Rows, 4);
            for (int i = 0; i < rows.Rows; i++)
            {
                Span<float> from = rows.Span[(i * 4)..], to = turned.Span[(i * 4)..];
                (to[0], to[1], to[2], to[3]) = (-3 * from[1], 3 * from[0], 3 * from[2], 3 * from[3]);
            }

            return turned;
        }
    }

    [Fact]
    public void Similarities_that_do_not_vary_pull_nowhere()
    {
        Tensor x = Clouds.Flat(5, 3, 1, 0.3f), y = Clouds.Flat(6, 3, 2, 0.3f);
        x.RequiresGrad = true;
        using var tape = new Tape();
        var loss = tape.KeepSimilarities(x, y, new Tensor(5, 3), y);
        tape.Backward(loss);
        Assert.Equal(1, loss.Item);
        Assert.All(x.Grad.ToArray(), v => Assert.Equal(0, v));
    }

    [Fact]
    public void The_term_needs_the_start()
    {
        Tensor x = Clouds.Flat(5, 3, 1, 0.3f), y = Clouds.Flat(6, 3, 2, 0.3f);
        using var tape = Tape.Inference();
        var inputs = new TermInputs(x, y, 0, 1, InfoNce.LogitScale(0.05));
        Assert.Throws<ArgumentException>(() => ObjectiveTerms.Similarity.Forward(tape, inputs));
        Assert.Equal(0, ObjectiveTerms.Similarity.Forward(tape, inputs with { StartX = x, StartY = y }).Item, 1e-6);
    }

    private static double[,] Wide(Tensor rows)
    {
        var wide = new double[rows.Rows, rows.Width];
        for (int i = 0; i < rows.Length; i++) wide[i / rows.Width, i % rows.Width] = rows.Span[i];
        return wide;
    }
}
