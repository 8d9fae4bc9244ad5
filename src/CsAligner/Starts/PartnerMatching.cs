using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using MathNet.Numerics.LinearAlgebra;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Starts;

// Shapes: x [M, D] and y [N, D], unit rows where their starts put them.

/// <summary>
/// Moves starts on towards partners that nobody has named: entropic optimal transport (Sinkhorn, arXiv 1306.0895) between the rows gives
/// each row the mean of those it is matched to, and a ridge regression the linear map of the whole side that goes there. As iterative
/// closest points do, it matches and maps again.
/// </summary>
/// <remarks>
/// It helps where most rows have their partner among the others, and harms where they have none: then it learns chance resemblances.
/// </remarks>
internal static class PartnerMatching
{
    // Time and memory of the plan grow with the square of this.
    private const int MostRows = 4096;

    private const int Rounds = 2, SinkhornSteps = 100;

    // The plan's blur as a share of the mean cost, and the ridge as a share of the mean variance. Results hardly change from 0.02 to 0.05
    // and from 0.01 to 1.
    private const double Blur = 0.02, Ridge = 0.1;

    /// <summary>Starts that go further than those given. A side that stays keeps its start; the other then goes the whole way.</summary>
    /// <param name="images">The images' start.</param>
    /// <param name="texts">The texts' start.</param>
    /// <param name="imageRows">What the images' start maps.</param>
    /// <param name="textRows">What the texts' start maps.</param>
    /// <param name="moveImages">Whether the images move.</param>
    /// <param name="moveTexts">Whether the texts move.</param>
    /// <param name="seed">Draws the rows that are matched, if there are too many.</param>
    public static (StartMap Images, StartMap Texts) Refine(
        StartMap images, StartMap texts, IRowSource imageRows, IRowSource textRows, bool moveImages, bool moveTexts, ulong seed)
    {
        var random = new RandomGenerator(seed);
        Tensor x = Mapped(images, Sample(imageRows, random.Split(1))), y = Mapped(texts, Sample(textRows, random.Split(2)));
        double step = moveImages && moveTexts ? 0.5 : 1;
        for (int round = 0; round < Rounds; round++)
        {
            var (partnersOfX, partnersOfY) = Partners(x, y);
            if (moveImages) (images, x) = Moved(images, x, partnersOfX, step);
            if (moveTexts) (texts, y) = Moved(texts, y, partnersOfY, step);
        }

        return (images, texts);
    }

    /// <summary>The mean row that each row is matched to, of length 1.</summary>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    internal static (Tensor OfX, Tensor OfY) Partners(Tensor x, Tensor y)
    {
        using var tape = Tape.Inference();
        int m = x.Rows, n = y.Rows;
        double[] plan = [.. tape.MatMul(x, y, transposeB: true).Span.ToArray().Select(cosine => 1 - (double)cosine)];
        TensorPrimitives.Multiply<double>(plan, -1 / (Blur * plan.Average()), plan);
        TensorPrimitives.Exp<double>(plan, plan);
        double[] p = new double[m], q = new double[n];
        q.AsSpan().Fill(1);
        for (int iteration = 0; iteration < SinkhornSteps; iteration++)
        {
            for (int i = 0; i < m; i++) p[i] = 1 / (m * TensorPrimitives.Dot<double>(plan.AsSpan(i * n, n), q));
            q.AsSpan().Clear();
            for (int i = 0; i < m; i++) TensorPrimitives.MultiplyAdd<double>(plan.AsSpan(i * n, n), p[i], q, q);
            for (int j = 0; j < n; j++) q[j] = 1 / (n * q[j]);
        }

        var weights = new Tensor(m, n);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) weights.Span[(i * n) + j] = (float)(m * p[i] * plan[(i * n) + j] * q[j]);
        return (Kept(tape.Normalize(tape.MatMul(weights, y))), Kept(tape.Normalize(tape.MatMul(weights, x, transposeA: true))));
    }

    // W = I + (X'X + ridge)^-1 X' (T - X), T the rows moved by a step towards their partners; then W after the start.
    private static (StartMap Start, Tensor Rows) Moved(StartMap start, Tensor rows, Tensor partners, double step)
    {
        int width = rows.Width;
        var way = new Tensor(rows.Rows, width);
        for (int i = 0; i < way.Length; i++) way.Span[i] = (float)(step * (partners.Span[i] - rows.Span[i]));
        Matrix<double> moments = RowMatrices.Product(rows, rows), towards = RowMatrices.Product(rows, way);
        moments += Ridge * moments.Trace() / width * Matrix<double>.Build.DenseIdentity(width);
        Matrix<double> map = Matrix<double>.Build.DenseIdentity(width) + moments.Cholesky().Solve(towards);
        var transposed = RowMatrices.ToTensor(map.Transpose());

        // z = W' (A x + b): the normalisation between them only scales.
        using var tape = Tape.Inference();
        Tensor weight = start.Weight is null ? transposed : Kept(tape.MatMul(transposed, start.Weight));
        Tensor shift = Kept(tape.Linear(Tensor.From(start.Shift.Span, 1, width), transposed, new Tensor(width)));
        return (new StartMap(weight, Tensor.From(shift.Span, width)),
            Kept(tape.Normalize(tape.Linear(rows, transposed, new Tensor(width)))));
    }

    private static Tensor Mapped(StartMap start, Tensor rows)
    {
        using var tape = Tape.Inference();
        return Kept(start.Forward(tape, rows));
    }

    private static Tensor Sample(IRowSource source, RandomGenerator random)
    {
        var rows = new Tensor(source.Rows, source.Width);
        source.Read(0, rows.Span);
        if (rows.Rows <= MostRows) return rows;
        int[] order = [.. Enumerable.Range(0, rows.Rows)];
        random.Shuffle<int>(order);
        return FeatureRows.Take(rows, order.AsSpan(0, MostRows));
    }

    // What a tape computes is gone with it.
    private static Tensor Kept(Tensor rows) => Tensor.From(rows.Span, rows.Rows, rows.Width);
}
