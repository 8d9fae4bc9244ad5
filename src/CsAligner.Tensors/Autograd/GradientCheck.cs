using System.Globalization;

namespace CsAligner.Tensors.Autograd;

/// <summary>How far the gradients of a backward pass are from central differences of the forward pass.</summary>
public sealed record GradientCheck
{
    /// <summary>
    /// How far elements are moved each way where nothing else is asked for; it suits values of about 1. Rounding adds about
    /// 1e-7 |f| / step to a difference quotient of a float32 function f, truncation step² |f'''| / 6:
    /// at 5e-3 about 2e-5 |f| and 4e-6 |f'''|.
    /// </summary>
    public const float DefaultStep = 5e-3f;

    /// <summary>
    /// The largest <see cref="Error"/> that passes where nothing else is asked for: room for functions whose value, or third derivative,
    /// is a hundred times the derivative. Gradients that are wrong are seldom wrong by less than some per cent.
    /// </summary>
    public const double DefaultTolerance = 4e-3;

    /// <summary>Whether the error of every input is within the tolerance. NaN never is.</summary>
    public bool Passed => Error <= Tolerance;

    /// <summary>
    /// The largest difference of an element's derivative and its central difference, over the largest central difference of the same
    /// input. NaN where the result does not depend on an input: nothing would be checked.
    /// </summary>
    public required double Error { get; init; }

    /// <summary>The error that was allowed.</summary>
    public required double Tolerance { get; init; }

    /// <summary>The input with that error, by its number from 0.</summary>
    public required int Input { get; init; }

    /// <summary>The element of it that is furthest off, row after row, from 0.</summary>
    public required int Element { get; init; }

    /// <summary>The derivative with respect to that element by central differences.</summary>
    public required double Expected { get; init; }

    /// <summary>The same by the backward pass.</summary>
    public required double Given { get; init; }

    /// <summary>
    /// Checks a function of tensors: its result, weighted by fixed random numbers and summed, is differentiated by the tape and by moving
    /// each element of each input up and down by a step. Sums are in float64; the function itself computes in float32, so take inputs of
    /// about 1, not close to a kink, and few of them: it runs twice for each element. The backward pass runs twice, so that an operation
    /// that sets its inputs' gradients instead of adding to them fails.
    /// </summary>
    /// <param name="function">The function to check; it must be deterministic, with a result of any shape.</param>
    /// <param name="inputs">The tensors that it depends on. They keep their values; gradients that they had are forgotten.</param>
    /// <param name="step">How far an element is moved each way; above 0.</param>
    /// <param name="tolerance">The largest error that passes.</param>
    public static GradientCheck Run(
        Func<Tape, Tensor> function, IReadOnlyList<Tensor> inputs, float step = DefaultStep, double tolerance = DefaultTolerance)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentOutOfRangeException.ThrowIfZero(inputs.Count, nameof(inputs));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step);
        bool[] required = [.. inputs.Select(input => input.RequiresGrad)];
        try
        {
            foreach (var input in inputs)
            {
                input.RequiresGrad = true;
                input.ZeroGrad();
            }

            const int Passes = 2;
            Tensor? weights = null;
            for (int pass = 0; pass < Passes; pass++)
            {
                using var tape = new Tape();
                var result = function(tape);
                weights ??= Tensor.Normal(new RandomGenerator(11), 1, result.Shape);
                if (result.RequiresGrad) tape.Backward(result, weights.Span);
            }

            GradientCheck? worst = null;
            for (int i = 0; i < inputs.Count && !double.IsNaN(worst?.Error ?? 0); i++)
            {
                var check = OfInput(function, weights!, inputs[i], i, Passes, step, tolerance);
                if (worst is null || !(check.Error <= worst.Error)) worst = check;
            }

            return worst!;
        }
        finally
        {
            for (int i = 0; i < inputs.Count; i++)
            {
                inputs[i].RequiresGrad = required[i];
                inputs[i].ZeroGrad();
            }
        }
    }

    /// <summary>Throws if the check failed; the message describes the fault.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public void ThrowIfFailed()
    {
        if (!Passed) throw new InvalidOperationException(ToString());
    }

    /// <inheritdoc/>
    public override string ToString() => Expected == 0 && Given == 0
        ? $"The result does not depend on input {Input}, so nothing is checked."
        : string.Create(CultureInfo.InvariantCulture,
            $"The gradient of input {Input} is off by {Error:g3} of its largest element (tolerance {Tolerance:g3}): ")
            + string.Create(CultureInfo.InvariantCulture,
                $"element {Element} is {Given:g6} by the backward pass, {Expected:g6} by central differences.");

    private static GradientCheck OfInput(
        Func<Tape, Tensor> function, Tensor weights, Tensor input, int number, int passes, float step, double tolerance)
    {
        double largest = 0, furthest = -1;
        (int element, double expected, double given) = (0, 0, 0);
        for (int i = 0; i < input.Length && !double.IsNaN(furthest); i++)
        {
            double difference = Difference(function, weights, input, i, step);
            double gradient = input.HasGrad ? input.Grad[i] / (double)passes : 0, off = Math.Abs(gradient - difference);
            largest = Math.Max(largest, Math.Abs(difference));
            if (off <= furthest) continue;
            (furthest, element, expected, given) = (off, i, difference, gradient);
        }

        return new GradientCheck
        {
            Error = furthest / largest,
            Tolerance = tolerance,
            Input = number,
            Element = element,
            Expected = expected,
            Given = given,
        };
    }

    private static double Difference(Func<Tape, Tensor> function, Tensor weights, Tensor input, int element, float step)
    {
        float value = input.Span[element], up = value + step, down = value - step;
        try
        {
            input.Span[element] = up;
            double above = Value(function, weights);
            input.Span[element] = down;
            return (above - Value(function, weights)) / ((double)up - down);
        }
        finally
        {
            input.Span[element] = value;
        }
    }

    private static double Value(Func<Tape, Tensor> function, Tensor weights)
    {
        using var tape = Tape.Inference();
        ReadOnlySpan<float> result = function(tape).Span, factors = weights.Span;
        double sum = 0;
        for (int i = 0; i < result.Length; i++) sum += (double)result[i] * factors[i];
        return sum;
    }
}
