using System.Text.Json;
using System.Text.Json.Serialization;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Layers;
using CsAligner.Tensors.Ops;
using CsAligner.Tensors.Tests.Interop;

namespace CsAligner.Tensors.Tests.Ops;

/// <summary>Exp, Log and Sub against NumPy and torch (Golden/Ops/make.py), and every remainder of their kernels.</summary>
public sealed unsafe class ElementwiseGoldenTests
{
    // Two units in the last place of float32: one of the function, one of rounding.
    private const double Relative = 2.4e-7;

    private static readonly JsonSerializerOptions Format =
        new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static readonly GoldenOps Golden = JsonSerializer.Deserialize<GoldenOps>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "Ops", "ops.json")), Format)!;

    [Fact]
    public void Exp_is_that_of_numpy() => Check(Golden.Exp, (tape, x) => tape.Exp(x));

    [Fact]
    public void Log_is_that_of_numpy() => Check(Golden.Log, (tape, x) => tape.Log(x));

    [Fact]
    public void Sub_and_its_gradients_are_those_of_torch()
    {
        Assert.NotEmpty(Golden.Sub);
        foreach (var golden in Golden.Sub)
        {
            Tensor a = From(golden.A, golden.AShape), b = From(golden.B, golden.BShape);
            (a.RequiresGrad, b.RequiresGrad) = (true, true);
            using var tape = new Tape();
            var y = tape.Sub(a, b);
            Near(golden.Y, y.Span);
            tape.Backward(y, From(golden.Upstream, [golden.Upstream.Length]).Span);
            Near(golden.Da, a.Grad);
            Near(golden.Db, b.Grad);
        }
    }

    [Fact]
    public void Every_remainder_ends_where_the_array_does()
    {
        for (int length = 0; length <= 256; length++)
        {
            using GuardedFloats x = new(length), y = new(length), upstream = new(length), gradient = new(length);
            for (int i = 0; i < length; i++) (x.Span[i], y.Span[i], upstream.Span[i]) = (0.25f + (i % 11), float.NaN, 1 - (i % 3));
            Function<Activations.Exp>(x, y, upstream, gradient, Math.Exp, Math.Exp);
            Function<Activations.Log>(x, y, upstream, gradient, Math.Log, value => 1 / value);

            Elementwise.Subtract(x.Pointer, upstream.Pointer, y.Pointer, length);
            for (int i = 0; i < length; i++) Assert.Equal(x.Span[i] - upstream.Span[i], y.Span[i]);
            Elementwise.SubtractFromRows(x.Pointer, upstream.Pointer, y.Pointer, 1, length);
            for (int i = 0; i < length; i++) Assert.Equal(x.Span[i] - upstream.Span[i], y.Span[i]);
            Elementwise.SubtractRows(x.Pointer, upstream.Pointer, y.Pointer, 1, length);
            for (int i = 0; i < length; i++) Assert.Equal(x.Span[i] - upstream.Span[i], y.Span[i]);
        }
    }

    private static void Function<TFunction>(
        GuardedFloats x, GuardedFloats y, GuardedFloats upstream, GuardedFloats gradient, Func<double, double> value,
        Func<double, double> derivative)
        where TFunction : struct, Activations.IFunction
    {
        Activations.Forward<TFunction>(x.Pointer, y.Pointer, x.Length);
        gradient.Span.Fill(2);
        Activations.Backward<TFunction>(x.Pointer, upstream.Pointer, gradient.Pointer, x.Length, accumulate: true);
        for (int i = 0; i < x.Length; i++)
        {
            Near(value(x.Span[i]), y.Span[i]);
            double expected = upstream.Span[i] * derivative(x.Span[i]);
            Assert.Equal(2 + expected, gradient.Span[i], Relative * (2 + Math.Abs(expected)));
        }
    }

    private static void Check(GoldenFunction golden, Func<Tape, Tensor, Tensor> function)
    {
        var x = From(golden.X, [golden.X.Length]);
        x.RequiresGrad = true;
        using var tape = new Tape();
        var y = function(tape, x);
        Near(golden.Y, y.Span);
        var ones = new float[x.Length];
        Array.Fill(ones, 1);
        tape.Backward(y, ones);
        Near(golden.Dx, x.Grad);
    }

    private static Tensor From(double[] values, int[] shape) => Tensor.From(Array.ConvertAll(values, v => (float)v), shape);

    private static void Near(double[] expected, ReadOnlySpan<float> given)
    {
        Assert.Equal(expected.Length, given.Length);
        for (int i = 0; i < expected.Length; i++) Near(expected[i], given[i]);
    }

    // Exp gives 0 where the result would be subnormal; float32 holds nothing beyond its largest number.
    private static void Near(double expected, float given)
    {
        if (double.IsFinite((float)expected)) Assert.Equal(expected, given, (Relative * Math.Abs(expected)) + 1.2e-38);
        else Assert.Equal((float)expected, given);
    }

    private sealed record GoldenFunction(double[] X, double[] Y, double[] Dx);

    private sealed record GoldenDifference(int[] AShape, int[] BShape, double[] A, double[] B, double[] Y, double[] Upstream, double[] Da,
        double[] Db);

    private sealed record GoldenOps(GoldenFunction Exp, GoldenFunction Log, GoldenDifference[] Sub);
}
