using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Measures;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Generation.Tests.Fidelity;

public class FidelitySumsTests
{
    // Balls are open: one bit more from one side would count a row that lies on the edge.
    [Fact]
    public void A_pair_is_as_far_apart_from_either_side_and_a_row_from_itself_not_at_all()
    {
        var random = new RandomGenerator(1);
        for (int trial = 0; trial < 300; trial++)
        {
            Tensor x = Tensor.Normal(random, 1, 1, 13), y = Tensor.Normal(random, 3, 1, 13);
            Assert.Equal(Distance(x, y), Distance(y, x));
            Assert.Equal(0, Distance(x, Tensor.From(x.Span, 1, 13)));
        }

        static double Distance(Tensor x, Tensor y) =>
            FidelitySums.Between(x, Float64Scores.SquaredLengths(x), y, Float64Scores.SquaredLengths(y), [1], default).SquaredDistances[0];
    }
}
