using CsAligner.Generation.Diffusion;
using CsAligner.Tensors;

namespace CsAligner.Generation.Tests.Diffusion;

/// <summary>Noise is standard normal, and each picture's is its own.</summary>
public sealed class PictureNoiseTests
{
    [Fact]
    public void It_has_the_moments_of_a_standard_normal()
    {
        var noise = new Tensor(40, 25_000);
        PictureNoise.Fill(noise, [.. Enumerable.Range(0, 40).Select(i => new RandomGenerator(5).Split((ulong)i))]);
        double[] values = [.. noise.Span.ToArray().Select(v => (double)v)];
        double[] moments = [.. Enumerable.Range(1, 4).Select(k => values.Average(v => Math.Pow(v, k)))];

        // Five standard errors of a million values; variances of the powers are 1, 2, 15 and 96.
        Assert.InRange(moments[0], -5e-3, 5e-3);
        Assert.InRange(moments[1], 1 - 7.1e-3, 1 + 7.1e-3);
        Assert.InRange(moments[2], -0.0194, 0.0194);
        Assert.InRange(moments[3], 3 - 0.049, 3 + 0.049);
        Assert.InRange(values.Count(v => Math.Abs(v) > 3) / 1e6, 0.0027 - 2.6e-4, 0.0027 + 2.6e-4);

        // Values drawn as a pair, and neighbours, are uncorrelated.
        foreach (int lag in new[] { 1, 1024 })
            Assert.InRange(Enumerable.Range(0, values.Length - lag).Average(i => values[i] * values[i + lag]), -5e-3, 5e-3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2047)]
    [InlineData(2049)]
    [InlineData(12288)]
    public void A_picture_s_noise_does_not_depend_on_others(int length)
    {
        var together = new Tensor(3, length);
        var alone = new Tensor(1, length);
        PictureNoise.Fill(together, [Generator(0), Generator(1), Generator(2)]);
        PictureNoise.Fill(alone, [Generator(1)]);
        Assert.True(alone.Span.SequenceEqual(together.Span.Slice(length, length)));
        Assert.False(alone.Span.SequenceEqual(together.Span[..length]));

        static RandomGenerator Generator(ulong stream) => new RandomGenerator(9).Split(stream);
    }
}
