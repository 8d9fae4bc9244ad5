using CsAligner.Evaluation;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Tests.Evaluation;

public class JointGaussianTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, ToyCase.All.Count)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Estimates_from_samples_tend_to_the_closed_forms(int number)
    {
        JointGaussian modalities = ToyCase.All[number].Modalities;
        var (x, y) = modalities.Sample(8000, new RandomGenerator(3));
        Assert.Equal(modalities.MutualInformation, JointGaussian.EstimateMutualInformation(x, y), 0.03);
        foreach (double sigma in new[] { 0.5, 1.5 })
            Assert.Equal(modalities.CauchySchwarz(sigma), CauchySchwarzDivergence.Value(x, y, sigma, offDiagonal: true),
                0.02 + (0.03 * modalities.CauchySchwarz(sigma)));
        using var tape = Tape.Inference();
        Assert.Equal(modalities.SymmetricKl, tape.GaussianKl(x, y, 1e-9).Item, 0.02 + (0.03 * modalities.SymmetricKl));
    }

    [Fact]
    public void The_three_cases_have_one_mutual_information_and_three_divergences()
    {
        Assert.Single(ToyCase.All.Select(c => c.Modalities.MutualInformation).Distinct());
        double[] divergences = [.. ToyCase.All.Select(c => c.Modalities.CauchySchwarz(0.5))];
        Assert.True(divergences[0] > 2 && divergences[1] > 0.3 && Math.Abs(divergences[2]) < 1e-12, string.Join(", ", divergences));
        Assert.Equal(0, ToyCase.All[1].Modalities.CentroidGap);
    }

    // The integrals themselves, by a sum over a fine grid: p = N(0.3, 0.5^2), q = N(-0.4, 1.1^2) in one dimension.
    [Fact]
    public void The_divergence_is_that_of_the_densities_convolved_with_the_kernel()
    {
        const double Sigma = 0.7, Step = 0.01;
        double selfX = 0, selfY = 0, cross = 0;
        static double Density(double t, double mean, double variance) =>
            Math.Exp(-(t - mean) * (t - mean) / (2 * variance)) / Math.Sqrt(2 * Math.PI * variance);
        for (double t = -12; t < 12; t += Step)
        {
            // A kernel of sigma between points is the product of two density kernels of sigma / sqrt 2.
            double p = Density(t, 0.3, 0.25 + (Sigma * Sigma / 2)), q = Density(t, -0.4, 1.21 + (Sigma * Sigma / 2));
            (selfX, selfY, cross) = (selfX + (p * p * Step), selfY + (q * q * Step), cross + (p * q * Step));
        }

        var modalities = new JointGaussian([0.3], new[,] { { 0.5 } }, [-0.4], new[,] { { 1.1 } }, 0.2);
        Assert.Equal(Math.Log(selfX) + Math.Log(selfY) - (2 * Math.Log(cross)), modalities.CauchySchwarz(Sigma), 1e-9);
    }

    [Fact]
    public void Kl_of_one_dimension_is_the_textbook_one_and_symmetric_is_the_mean()
    {
        var modalities = new JointGaussian([1], new[,] { { 2.0 } }, [0], new[,] { { 1.0 } }, 0);
        double forward = 0.5 * (4 - 1 + 1 - Math.Log(4)), back = 0.5 * (0.25 - 1 + 0.25 + Math.Log(4));
        Assert.Equal(forward, modalities.KullbackLeibler, 1e-12);
        Assert.Equal(0.5 * (forward + back), modalities.SymmetricKl, 1e-12);
        Assert.Equal(0, modalities.MutualInformation);
    }

    [Fact]
    public void What_is_no_distribution_is_refused()
    {
        double[,] one = { { 1 } };
        Assert.Throws<ArgumentOutOfRangeException>(() => new JointGaussian([0], one, [0], one, 1));
        Assert.Throws<ArgumentException>(() => new JointGaussian([0], new double[,] { { 0 } }, [0], one, 0));
        Assert.Throws<ArgumentException>(() => new JointGaussian([0, 1], one, [0], one, 0));
    }
}
