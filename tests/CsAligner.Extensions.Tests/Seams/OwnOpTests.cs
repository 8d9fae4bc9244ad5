using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Extensions.Tests.Seams;

/// <summary>Operations of an application's own, by what is public alone.</summary>
public sealed class OwnOpTests
{
    [Fact]
    public void An_op_with_its_backward_passes_the_check()
    {
        Tensor x = Normal(3, 5), y = Normal(3, 5);
        Assert.True(GradientCheck.Run(tape => Product(tape, x, y), [x, y]).Passed);
        Assert.True(GradientCheck.Run(tape => Product(tape, x, x), [x]).Passed);
        Assert.True(GradientCheck.Run(tape => tape.Add(Product(tape, x, y), x), [y, x]).Passed);
        Assert.False(x.RequiresGrad || x.HasGrad);
    }

    [Fact]
    public void The_check_names_the_element_that_is_wrong()
    {
        Tensor x = Normal(7), y = Normal(7);
        var wrong = GradientCheck.Run(tape => Product(tape, x, y, spoil: dy => dy[4] += 1), [x, y]);
        Assert.False(wrong.Passed);
        Assert.Equal((1, 4), (wrong.Input, wrong.Element));
        Assert.Contains("gradient of input 1", Assert.Throws<InvalidOperationException>(wrong.ThrowIfFailed).Message,
            StringComparison.Ordinal);

        Assert.False(GradientCheck.Run(tape => Product(tape, x, y, spoil: dy => dy[0] = float.NaN), [x, y]).Passed);
        Assert.False(GradientCheck.Run(tape => Product(tape, x, y, spoil: dy => dy[2] = 0.5f), [x, y]).Passed);
    }

    [Fact]
    public void An_input_that_nothing_depends_on_fails_the_check()
    {
        var other = Normal(3);
        var check = GradientCheck.Run(tape => tape.Scale(other, 2), [Normal(3)]);
        Assert.False(check.Passed);
        Assert.Contains("does not depend on input 0", check.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_gradient_that_is_asked_for_is_given()
    {
        Tensor x = Normal(3), constant = Normal(3);
        x.RequiresGrad = true;
        using var tape = new Tape();
        var forgotten = tape.Apply(x.Shape, [constant, x], y => x.Span.CopyTo(y.Span), _ => { });
        var failure = Assert.Throws<InvalidOperationException>(() => tape.Backward(tape.Sum(forgotten)));
        Assert.Contains("no gradient of its input 1", failure.Message, StringComparison.Ordinal);

        using var second = new Tape();
        var unasked = second.Apply(x.Shape, [constant, x], y => x.Span.CopyTo(y.Span), back =>
        {
            Assert.False(back.Wants(0));
            back.Of(0).Fill(1);
        });
        Assert.Contains("input 0", Assert.Throws<InvalidOperationException>(() => second.Backward(second.Sum(unasked))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_result_is_zeros_before_the_op_fills_it_and_of_the_tape()
    {
        using var tape = Tape.Inference();
        tape.Scale(Normal(64), 1);
        var y = tape.Apply([2, 32], [Normal(64)], result => Assert.Equal(new float[64], result.Span.ToArray()),
            _ => Assert.Fail("Nothing is recorded."));
        Assert.Equal([2, 32], y.Shape.ToArray());
        tape.Dispose();
        Assert.Throws<ObjectDisposedException>(() => y.Span.Length);
    }

    private static Tensor Product(Tape tape, Tensor a, Tensor b, Action<float[]>? spoil = null) => tape.Apply(
        a.Shape,
        [a, b],
        y =>
        {
            for (int i = 0; i < y.Length; i++) y.Span[i] = a.Span[i] * b.Span[i];
        },
        back =>
        {
            if (back.Wants(0))
            {
                var da = back.Of(0);
                for (int i = 0; i < da.Length; i++) da[i] += back.Upstream[i] * b.Span[i];
            }

            if (!back.Wants(1)) return;
            var db = back.Of(1);
            float[] sum = new float[db.Length];
            for (int i = 0; i < db.Length; i++) sum[i] = back.Upstream[i] * a.Span[i];
            spoil?.Invoke(sum);
            for (int i = 0; i < db.Length; i++) db[i] += sum[i];
        });

    private static Tensor Normal(params int[] shape) => Tensor.Normal(new RandomGenerator((ulong)shape.Length + 3), 1, shape);
}
