using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Training;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Studies.Baselines;

// Shapes: images u [M, D], texts v [N, D], both without their means, unit rows.

/// <summary>
/// Discrete optimal transport with an entropic penalty (Sinkhorn, arXiv 1306.0895) between the rows, cost |u_i - v_j|². Each row goes half
/// of the way to its barycentric projection, as both modalities go half of the way to ours. New rows go by the entropic map (arXiv
/// 2109.12004): the projection with the fitted potentials, which agrees with the plan on the rows that it was fitted to.
/// </summary>
internal sealed class EntropicTransport : Baseline
{
    // Memory and time of the plan grow with the square of this.
    internal const int MostRows = 2000;

    private const int Iterations = 300;

    public override string Name => "transport";

    public override string About =>
        $"discrete optimal transport (Sinkhorn, at most {MostRows:N0} rows a side, without means), rows go half of the way to their "
            + "barycentric projection; new rows by the entropic map (arXiv 2109.12004)";

    public override string Setting => "epsilon over mean cost";

    public override IReadOnlyList<double> Settings => [0.01, 0.02, 0.05, 0.1, 0.2];

    public override Func<double, BaselineMaps> Fit(AlignmentData data)
    {
        Tensor images = RowMoments.AllRows(data.Images, data.UnpairedImages), texts = RowMoments.AllRows(data.Texts, data.UnpairedTexts);
        Func<Tensor, Tensor> centreImages = BaselineMaps.Affine(null, RowMoments.Of(images).Mean),
            centreTexts = BaselineMaps.Affine(null, RowMoments.Of(texts).Mean);
        Tensor u = centreImages(Sample(images, 1)), v = centreTexts(Sample(texts, 2));
        double[] costs = [.. Products(u, v).Select(product => 2 - (2.0 * product))];
        double mean = costs.Average();
        return setting =>
        {
            var (p, q) = Scaling(costs, u.Rows, v.Rows, setting * mean);
            return new BaselineMaps(
                rows => HalfWay(centreImages(rows), v, q, setting * mean), rows => HalfWay(centreTexts(rows), u, p, setting * mean));
        };
    }

    // p and q with uniform sums of the plan P_ij = p_i exp(-c_ij / epsilon) q_j.
    private static (double[] P, double[] Q) Scaling(double[] costs, int rows, int columns, double epsilon)
    {
        double[] kernel = [.. costs.Select(cost => Math.Exp(-cost / epsilon))], p = new double[rows], q = new double[columns];
        q.AsSpan().Fill(1);
        for (int iteration = 0; iteration < Iterations; iteration++)
        {
            for (int i = 0; i < rows; i++) p[i] = 1 / (rows * TensorPrimitives.Dot<double>(kernel.AsSpan(i * columns, columns), q));
            q.AsSpan().Clear();
            for (int i = 0; i < rows; i++) TensorPrimitives.MultiplyAdd<double>(kernel.AsSpan(i * columns, columns), p[i], q, q);
            for (int j = 0; j < columns; j++) q[j] = 1 / (columns * q[j]);
        }

        return (p, q);
    }

    // (x + sum_j w_j t_j) / |...| with w_j proportional to scale_j exp(-|x - t_j|² / epsilon).
    private static Tensor HalfWay(Tensor rows, Tensor targets, double[] scale, double epsilon)
    {
        float[] products = Products(rows, targets);
        double[] logarithms = [.. scale.Select(value => Math.Log(value))], weights = new double[targets.Rows];
        var plan = new Tensor(rows.Rows, targets.Rows);
        for (int row = 0; row < rows.Rows; row++)
        {
            for (int j = 0; j < weights.Length; j++)
                weights[j] = logarithms[j] + (((2.0 * products[(row * weights.Length) + j]) - 2) / epsilon);
            TensorPrimitives.SoftMax<double>(weights, weights);
            for (int j = 0; j < weights.Length; j++) plan.Span[(row * weights.Length) + j] = (float)weights[j];
        }

        using var tape = Tape.Inference();
        return Tensor.From(tape.Normalize(tape.Add(rows, tape.MatMul(plan, targets))).Span, rows.Rows, rows.Width);
    }

    private static float[] Products(Tensor a, Tensor b)
    {
        using var tape = Tape.Inference();
        return tape.MatMul(a, b, transposeB: true).Span.ToArray();
    }

    private static Tensor Sample(Tensor rows, ulong stream)
    {
        if (rows.Rows <= MostRows) return rows;
        int[] order = [.. Enumerable.Range(0, rows.Rows)];
        new RandomGenerator(0).Split(stream).Shuffle<int>(order);
        return FeatureRows.Take(rows, order.AsSpan(0, MostRows));
    }
}
