using System.Numerics.Tensors;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Evaluation;

// Shapes: rows [N, D], weights [C, D + 1], the bias last.

/// <summary>
/// A linear classifier of rows: multinomial logistic regression. It minimises the mean cross-entropy + penalty |W|^2 / 2 over rows that
/// are centred on their mean and scaled to a mean square length of 1; biases are free. Convex, and run to its minimum by L-BFGS
/// (Liu and Nocedal 1989) in float64: the same bits whatever the number of threads.
/// </summary>
public sealed class LinearClassifier
{
    /// <summary>The penalty if none is given: about scikit-learn's C = 1 at a thousand rows.</summary>
    public const double DefaultPenalty = 1e-3;

    private const int Memory = 10;
    private const int MostSteps = 2000;
    private const double Settled = 1e-8;

    // The share of the slope that a step must gain (Armijo's condition).
    private const double Sufficient = 1e-4;

    private readonly int[] _classes;
    private readonly double[] _mean;
    private readonly double _scale;
    private readonly double[] _weights;

    private LinearClassifier(int[] classes, double[] mean, double scale, double[] weights, double loss) =>
        (_classes, _mean, _scale, _weights, Loss) = (classes, mean, scale, weights, loss);

    /// <summary>The labels that it knows, in ascending order.</summary>
    public IReadOnlyList<int> Classes => _classes;

    /// <summary>The minimum that it has reached: mean cross-entropy in nats, with the penalty.</summary>
    public double Loss { get; }

    /// <summary>Trains a classifier. Time O(steps N D C), some 50 to 200 steps; memory O(N D).</summary>
    /// <param name="rows">[N, D].</param>
    /// <param name="labels">[N] numbers of labels, any, at least two of them different.</param>
    /// <param name="penalty">Above 0: without it, rows that a plane can tell apart have no minimum.</param>
    /// <exception cref="InputException">All rows have one label.</exception>
    public static LinearClassifier Fit(Tensor rows, ReadOnlySpan<int> labels, double penalty = DefaultPenalty)
    {
        Check(rows, labels);
        if (!(penalty > 0 && double.IsFinite(penalty)))
            throw new ArgumentOutOfRangeException(nameof(penalty), penalty, "Classifier: expected a penalty above 0.");
        int[] given = labels.ToArray(), classes = [.. given.Distinct().Order()];
        if (classes.Length < 2)
            throw new InputException($"linear classifier: expected at least 2 labels, got {classes.Length} in {rows.Rows} rows");
        int[] targets = [.. given.Select(label => Array.BinarySearch(classes, label))];
        double[] mean = LogisticKernel.Mean(rows);
        double spread = Math.Sqrt(LogisticKernel.Spread(rows, mean)), scale = spread > 0 ? 1 / spread : 0;
        Tensor scaled = LogisticKernel.Scaled(rows, mean, scale);
        (double[] weights, double loss) = Minimise(
            classes.Length * (rows.Width + 1),
            (at, gradient) => SoftmaxKernel.Gradient(scaled, targets, classes.Length, penalty, at, gradient));
        return new LinearClassifier(classes, mean, scale, weights, loss);
    }

    /// <summary>The label of each row; equal scores go to the lower label.</summary>
    /// <param name="rows">[M, D].</param>
    public int[] Predict(Tensor rows)
    {
        double[] scores = Scores(rows);
        int[] labels = new int[rows.Rows];
        for (int i = 0; i < labels.Length; i++)
            labels[i] = _classes[TensorPrimitives.IndexOfMax<double>(scores.AsSpan(i * _classes.Length, _classes.Length))];
        return labels;
    }

    /// <summary>The share of rows whose label it finds, 0 to 1; labels that it does not know count as not found.</summary>
    /// <param name="rows">[M, D], at least one row.</param>
    /// <param name="labels">[M].</param>
    public double Accuracy(Tensor rows, ReadOnlySpan<int> labels)
    {
        Check(rows, labels);
        int[] found = Predict(rows);
        int right = 0;
        for (int i = 0; i < found.Length; i++)
            if (found[i] == labels[i]) right++;
        return (double)right / found.Length;
    }

    /// <summary>The log-odds [M * C] up to a constant of each row, row-major.</summary>
    internal double[] Scores(Tensor rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Rank != 2 || rows.Width != _mean.Length)
            throw new ArgumentException($"Classifier: expected [M, {_mean.Length}], got {rows}.", nameof(rows));
        return SoftmaxKernel.Scores(LogisticKernel.Scaled(rows, _mean, _scale), _weights, _classes.Length);
    }

    private static void Check(Tensor rows, ReadOnlySpan<int> labels)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Rank != 2 || rows.Rows == 0 || rows.Rows != labels.Length)
            throw new ArgumentException($"Classifier: expected [N, D] and N labels, got {rows} and {labels.Length}.", nameof(labels));
    }

    private static (double[] At, double Value) Minimise(int size, Func<double[], double[], double> evaluate)
    {
        double[] at = new double[size], gradient = new double[size];
        double value = evaluate(at, gradient);
        var steps = new LinkedList<(double[] Move, double[] Change, double Inverse)>();
        for (int step = 0; step < MostSteps && TensorPrimitives.Norm<double>(gradient) > Settled; step++)
        {
            double[] direction = Direction(gradient, steps);
            double slope = TensorPrimitives.Dot<double>(direction, gradient), length = 1;
            double[] next = new double[size], ahead = new double[size];
            double reached;
            while (true)
            {
                TensorPrimitives.MultiplyAdd<double>(direction, length, at, next);
                reached = evaluate(next, ahead);
                if (reached <= value + (Sufficient * length * slope)) break;

                // At the minimum only rounding is left, and no length gains anything.
                if ((length /= 2) < 1e-10) return (at, value);
            }

            double[] move = new double[size], change = new double[size];
            TensorPrimitives.Subtract<double>(next, at, move);
            TensorPrimitives.Subtract<double>(ahead, gradient, change);
            double curvature = TensorPrimitives.Dot<double>(move, change);
            if (curvature > 0) steps.AddLast((move, change, 1 / curvature));
            if (steps.Count > Memory) steps.RemoveFirst();
            (at, gradient, value) = (next, ahead, reached);
        }

        return (at, value);
    }

    // The two loops of L-BFGS: minus the inverse Hessian, as far as the last steps tell, times the gradient.
    private static double[] Direction(double[] gradient, LinkedList<(double[] Move, double[] Change, double Inverse)> steps)
    {
        double[] direction = new double[gradient.Length];
        TensorPrimitives.Negate<double>(gradient, direction);
        var shares = new Stack<double>();
        for (var step = steps.Last; step is not null; step = step.Previous)
        {
            double share = step.Value.Inverse * TensorPrimitives.Dot<double>(step.Value.Move, direction);
            TensorPrimitives.MultiplyAdd(step.Value.Change, -share, direction, direction);
            shares.Push(share);
        }

        if (steps.Last is { Value: var last })
            TensorPrimitives.Multiply(
                direction, 1 / (last.Inverse * TensorPrimitives.SumOfSquares<double>(last.Change)), direction);
        for (var step = steps.First; step is not null; step = step.Next)
        {
            double share = step.Value.Inverse * TensorPrimitives.Dot<double>(step.Value.Change, direction);
            TensorPrimitives.MultiplyAdd(step.Value.Move, shares.Pop() - share, direction, direction);
        }

        return direction;
    }
}
