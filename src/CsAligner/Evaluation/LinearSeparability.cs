using System.Numerics.Tensors;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Evaluation;

// Shapes: x [M, D], y [N, D].

/// <summary>
/// How well a plane tells the modalities apart: logistic regression trained on half of the rows, its accuracy on the other half. 1 is
/// a gap that any linear layer sees; 0.5 is none (that a plane could see). Pairs stay together: row i of both sides falls on one
/// side of the split.
/// </summary>
/// <param name="Accuracy">On the held-out half, the mean of both modalities' shares.</param>
/// <param name="TrainingAccuracy">The same on the rows that were trained on.</param>
/// <param name="TrainingRows">Rows of both modalities that were trained on.</param>
/// <param name="TestRows">Rows of both modalities that were tested on.</param>
public sealed record LinearSeparability(double Accuracy, double TrainingAccuracy, int TrainingRows, int TestRows)
{
    // Rows are centred and scaled to a mean square length of 1, which bounds the curvature: 1/4 (variance + bias) + penalty.
    private const double Penalty = 1e-4;
    private const double Curvature = 0.5 + Penalty;
    private const int MostSteps = 500;
    private const double Settled = 1e-6;

    /// <summary>Trains and tests the plane: at most 500 steps of Nesterov's method with a penalty of 1e-4 |w|^2 / 2,
    /// time O(500 (M + N) D).</summary>
    /// <param name="x">[M, D], at least 4 rows.</param>
    /// <param name="y">[N, D], at least 4 rows.</param>
    /// <param name="seed">Draws the halves.</param>
    /// <exception cref="InputException">There are too few rows.</exception>
    public static LinearSeparability Measure(Tensor x, Tensor y, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Rank != 2 || y.Rank != 2 || x.Width != y.Width)
            throw new ArgumentException($"Separability: expected [M, D] and [N, D], got {x} and {y}.", nameof(y));
        if (x.Rows < 4 || y.Rows < 4)
            throw new InputException($"linear separability: expected at least 4 rows of each modality, got {x.Rows} and {y.Rows}");
        int[] order = [.. Enumerable.Range(0, Math.Max(x.Rows, y.Rows))];
        new RandomGenerator(seed).Shuffle(order.AsSpan());
        var (train, test) = (Half(x, y, order, first: true), Half(x, y, order, first: false));
        double[] weights = Fit(train.Rows, train.Labels);
        return new LinearSeparability(ShareRight(test, weights), ShareRight(train, weights), train.Rows.Rows, test.Rows.Rows);
    }

    // Every other row in the drawn order: half of each side, for any number of rows.
    private static (Tensor Rows, bool[] Labels) Half(Tensor x, Tensor y, int[] order, bool first)
    {
        int[] ofX = Chosen(x.Rows), ofY = Chosen(y.Rows);
        Tensor rows = FeatureRows.Join(FeatureRows.Take(x, ofX), FeatureRows.Take(y, ofY));
        return (rows, [.. Enumerable.Range(0, rows.Rows).Select(i => i < ofX.Length)]);

        int[] Chosen(int count) => [.. order.Where(i => i < count).Where((_, place) => place % 2 == 0 == first)];
    }

    private static double[] Fit(Tensor rows, bool[] labels)
    {
        int width = rows.Width;
        double[] mean = LogisticKernel.Mean(rows);
        double scale = Math.Sqrt(LogisticKernel.Spread(rows, mean));
        if (!(scale > 0)) return new double[width + 1];
        Tensor scaled = LogisticKernel.Scaled(rows, mean, 1 / scale);
        double[] weights = new double[width + 1], ahead = new double[width + 1], gradient = new double[width + 1];
        for (int step = 1; step <= MostSteps; step++)
        {
            LogisticKernel.Gradient(scaled, labels, ahead, gradient);
            TensorPrimitives.MultiplyAdd(ahead.AsSpan(0, width), Penalty, gradient.AsSpan(0, width), gradient.AsSpan(0, width));
            if (TensorPrimitives.Norm<double>(gradient) < Settled) break;
            double[] before = weights;
            weights = new double[width + 1];
            TensorPrimitives.MultiplyAdd<double>(gradient, -1 / Curvature, ahead, weights);
            TensorPrimitives.Subtract<double>(weights, before, ahead);
            TensorPrimitives.Multiply(ahead, (step - 1) / (step + 2.0), ahead);
            TensorPrimitives.Add<double>(ahead, weights, ahead);
        }

        // Back to the original rows.
        TensorPrimitives.Divide(weights.AsSpan(0, width), scale, weights.AsSpan(0, width));
        weights[width] -= TensorPrimitives.Dot<double>(weights.AsSpan(0, width), mean);
        return weights;
    }

    private static double ShareRight((Tensor Rows, bool[] Labels) half, double[] weights)
    {
        double[] scores = LogisticKernel.Scores(half.Rows, weights);
        double[] right = [0, 0], all = [0, 0];
        for (int i = 0; i < scores.Length; i++)
        {
            int side = half.Labels[i] ? 1 : 0;
            all[side]++;
            if (scores[i] > 0 == half.Labels[i]) right[side]++;
        }

        return 0.5 * ((right[0] / all[0]) + (right[1] / all[1]));
    }
}
