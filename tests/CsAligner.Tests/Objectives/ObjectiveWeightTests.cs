using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Tests.Objectives;

/// <summary>A weight that is too large is blamed on itself: not on the bandwidth, the temperature, the rows or the learning rate.</summary>
public sealed class ObjectiveWeightTests
{
    private static readonly Tensor X = Clouds.Flat(30, 8, 1, 0.3f), Y = Clouds.Flat(30, 8, 2, -0.3f);

    // A bandwidth of 0.5 is computed in float32, 0.01 in float64; a temperature of 1e-6 makes InfoNCE's logits float64.
    [Theory]
    [InlineData(1e38, 1, 0.5, 0.05, false, "weight of the divergence: 1E+38")]
    [InlineData(1e38, 1, 0.01, 0.05, false, "weight of the divergence: 1E+38")]
    [InlineData(1e38, 1, 0.5, 0.05, true, "weight of the divergence: 5E+37")]
    [InlineData(1, 1e38, 0.5, 0.05, false, "weight of InfoNCE (lambda): 1E+38")]
    [InlineData(1, 1e38, 0.5, 1e-6, false, "weight of InfoNCE (lambda): 1E+38")]
    public void A_weight_whose_gradients_overflow_is_named(
        double csWeight, double infoNceWeight, double bandwidth, double temperature, bool several, string named)
    {
        var objective = new CsAlignerObjective
        {
            CsWeight = csWeight,
            InfoNceWeight = infoNceWeight,
            Bandwidth = bandwidth,
            BandwidthFactors = several ? [1, 2] : [],
            Temperature = temperature,
        };
        string message = Assert.Throws<InputException>(() => Gradients(objective)).Message;
        Assert.StartsWith(named, message, StringComparison.Ordinal);

        // What the line says to give is enough.
        string given = message[(message.IndexOf("give ", StringComparison.Ordinal) + 5)..^" or less".Length];
        double most = double.Parse(given, System.Globalization.CultureInfo.InvariantCulture) * (several ? 2 : 1);
        var lower = csWeight > 1 ? objective with { CsWeight = most } : objective with { InfoNceWeight = most };
        Assert.All(Gradients(lower), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void What_a_smaller_weight_would_not_mend_is_blamed_on_what_would()
    {
        var objective = new CsAlignerObjective { CsWeight = 2, InfoNceWeight = 0, Bandwidth = 1e-25 };
        Assert.StartsWith("bandwidth: 1E-25", Assert.Throws<InputException>(() => Gradients(objective)).Message, StringComparison.Ordinal);
        objective = new CsAlignerObjective { CsWeight = 0, InfoNceWeight = 2, Temperature = 1e-60 };
        Assert.StartsWith(
            "temperature: 1E-60", Assert.Throws<InputException>(() => Gradients(objective)).Message, StringComparison.Ordinal);
    }

    // Without gradients only the loss can overflow.
    [Theory]
    [InlineData(1e39, 1, "CsWeight: 1E+39 times D_CS, ")]
    [InlineData(1, 1e39, "InfoNceWeight: 1E+39 times InfoNCE, ")]
    public void A_weight_whose_loss_overflows_is_named(double csWeight, double infoNceWeight, string named)
    {
        using var tape = Tape.Inference();
        var objective = new CsAlignerObjective { CsWeight = csWeight, InfoNceWeight = infoNceWeight, Bandwidth = 0.5, Temperature = 0.05 };
        Assert.StartsWith(named, Assert.Throws<InputException>(() => objective.Forward(tape, X, Y)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 1, "CsWeight")]
    [InlineData(double.NaN, 1, "CsWeight")]
    [InlineData(1, double.PositiveInfinity, "InfoNceWeight")]
    public void A_weight_that_is_none_is_named(double csWeight, double infoNceWeight, string named)
    {
        using var tape = Tape.Inference();
        var objective = new CsAlignerObjective { CsWeight = csWeight, InfoNceWeight = infoNceWeight };
        Assert.Equal(named, Assert.Throws<ArgumentOutOfRangeException>(() => objective.Forward(tape, X, Y)).ParamName);
    }

    private static float[] Gradients(CsAlignerObjective objective)
    {
        Tensor x = X.Clone(), y = Y.Clone();
        (x.RequiresGrad, y.RequiresGrad) = (true, true);
        using var tape = new Tape();
        tape.Backward(objective.Forward(tape, x, y).Loss);
        return [.. x.Grad!.ToArray(), .. y.Grad!.ToArray()];
    }
}
