using System.Reflection;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Tensors.Tests.Ops;

/// <summary>Central differences for every operation, from one declared list that reflection holds to be complete.</summary>
public sealed class GradientChecks
{
    private static readonly int[] Offsets = [0, 3, 4, 6];

    private static readonly (string Operation, string Case, int[][] Inputs, Func<Tape, Tensor[], Tensor> Forward)[] Cases =
    [
        ("Add", "same shape", [[3, 5], [3, 5]], (t, x) => t.Add(x[0], x[1])),
        ("Add", "twice the same", [[3, 5]], (t, x) => t.Add(x[0], x[0])),
        ("Add", "row", [[4, 3, 5], [5]], (t, x) => t.Add(x[0], x[1])),
        ("Add", "row first", [[3, 5], [4, 3, 5]], (t, x) => t.Add(x[0], x[1])),
        ("Add", "scalar", [[3, 5], []], (t, x) => t.Add(x[0], x[1])),
        ("Add", "column", [[3, 1], [3, 5]], (t, x) => t.Add(x[0], x[1])),
        ("Add", "outer", [[3, 1], [1, 5]], (t, x) => t.Add(x[0], x[1])),
        ("Add", "result used twice", [[3, 5], [3, 5]], (t, x) => { var y = t.Add(x[0], x[1]); return t.Mul(y, t.Add(y, x[0])); }),
        ("Sub", "same shape", [[3, 5], [3, 5]], (t, x) => t.Sub(x[0], x[1])),
        ("Sub", "of itself scaled", [[3, 5]], (t, x) => t.Sub(x[0], t.Scale(x[0], 3))),
        ("Sub", "row", [[4, 3, 5], [5]], (t, x) => t.Sub(x[0], x[1])),
        ("Sub", "row first", [[3, 5], [4, 3, 5]], (t, x) => t.Sub(x[0], x[1])),
        ("Sub", "scalar first", [[], [3, 5]], (t, x) => t.Sub(x[0], x[1])),
        ("Sub", "outer", [[3, 1], [1, 5]], (t, x) => t.Sub(x[0], x[1])),
        ("Sub", "result used twice", [[3, 5], [3, 5]], (t, x) => { var y = t.Sub(x[0], x[1]); return t.Mul(y, t.Sub(x[0], y)); }),
        ("Mul", "same shape", [[3, 5], [3, 5]], (t, x) => t.Mul(x[0], x[1])),
        ("Mul", "square", [[3, 5]], (t, x) => t.Mul(x[0], x[0])),
        ("Mul", "row", [[4, 3, 5], [3, 5]], (t, x) => t.Mul(x[0], x[1])),
        ("Mul", "column", [[3, 5], [3, 1]], (t, x) => t.Mul(x[0], x[1])),
        ("Mul", "scalar first", [[], [3, 5]], (t, x) => t.Mul(x[0], x[1])),
        ("Scale", "", [[3, 5]], (t, x) => t.Add(t.Scale(x[0], -2.5f), x[0])),
        ("Gelu", "with a tail", [[3, 7]], (t, x) => t.Gelu(t.Scale(x[0], 2))),
        ("QuickGelu", "with a tail", [[3, 7]], (t, x) => t.QuickGelu(t.Scale(x[0], 2))),
        ("Silu", "with a tail", [[3, 7]], (t, x) => t.Silu(t.Scale(x[0], 2))),
        ("Relu", "with a tail", [[3, 7]], (t, x) => t.Relu(t.Scale(x[0], 2))),
        ("Exp", "with a tail", [[3, 7]], (t, x) => t.Exp(x[0])),
        ("Log", "with a tail", [[3, 7]], (t, x) => t.Log(t.Exp(t.Mul(x[0], x[0])))),
        ("MatMul", "plain", [[3, 4], [4, 5]], (t, x) => t.MatMul(x[0], x[1])),
        ("MatMul", "a transposed", [[4, 3], [4, 5]], (t, x) => t.MatMul(x[0], x[1], transposeA: true)),
        ("MatMul", "b transposed", [[3, 4], [5, 4]], (t, x) => t.MatMul(x[0], x[1], transposeB: true)),
        ("MatMul", "both transposed", [[4, 3], [5, 4]], (t, x) => t.MatMul(x[0], x[1], transposeA: true, transposeB: true)),
        ("MatMul", "batched", [[2, 3, 4], [2, 4, 5]], (t, x) => t.MatMul(x[0], x[1])),
        ("MatMul", "batched, both transposed", [[2, 4, 3], [2, 5, 4]], (t, x) => t.MatMul(x[0], x[1], true, true)),
        ("MatMul", "b shared", [[2, 3, 4], [4, 5]], (t, x) => t.MatMul(x[0], x[1])),
        ("MatMul", "b shared and transposed", [[2, 3, 4], [5, 4]], (t, x) => t.MatMul(x[0], x[1], transposeB: true)),
        ("MatMul", "with itself", [[3, 4]], (t, x) => t.MatMul(x[0], x[0], transposeB: true)),
        ("Linear", "with bias", [[2, 3, 4], [5, 4], [5]], (t, x) => t.Linear(x[0], x[1], x[2])),
        ("Linear", "without bias", [[3, 4], [5, 4]], (t, x) => t.Linear(x[0], x[1])),
        ("LayerNorm", "with a tail", [[3, 11], [11], [11]], (t, x) => t.LayerNorm(x[0], x[1], x[2])),
        ("LayerNorm", "short rows", [[2, 2, 3], [3], [3]], (t, x) => t.LayerNorm(x[0], x[1], x[2])),
        ("ModulatedLayerNorm", "with a tail", [[2, 3, 11], [2, 33]], (t, x) => t.ModulatedLayerNorm(x[0], x[1], 2, 0)),
        ("ModulatedLayerNorm", "twice, one modulation", [[2, 3, 8], [2, 24]],
            (t, x) => t.ModulatedLayerNorm(t.ModulatedLayerNorm(x[0], x[1], 0, 1), x[1], 1, 2)),
        ("AddGated", "with a tail", [[2, 3, 11], [2, 3, 11], [2, 22]], (t, x) => t.AddGated(x[0], x[1], x[2], 1)),
        ("AddGated", "branch from the residual", [[2, 3, 8], [2, 8]], (t, x) =>
        {
            var y = t.Scale(x[0], 2);
            return t.AddGated(y, t.Silu(y), x[1], 0);
        }),
        ("Softmax", "", [[3, 11]], (t, x) => t.Softmax(t.Scale(x[0], 3))),
        ("Normalize", "", [[3, 11]], (t, x) => t.Normalize(x[0])),
        ("Attention", "full", [[2, 3, 12]], (t, x) => t.Attention(x[0], 2)),
        ("Attention", "causal", [[2, 5, 24]], (t, x) => t.Attention(t.Scale(x[0], 2), 2, causal: true)),
        ("Attention", "packed", [[6, 24]], (t, x) => t.Attention(x[0], 2, offsets: Offsets)),
        ("Attention", "packed, causal", [[6, 24]], (t, x) => t.Attention(t.Scale(x[0], 2), 2, causal: true, Offsets)),
        ("PooledAttention", "all seen", [[2, 12], [2, 3, 24]], (t, x) => t.PooledAttention(x[0], x[1], 2)),
        ("PooledAttention", "packed", [[3, 12], [6, 24]], (t, x) => t.PooledAttention(t.Scale(x[0], 2), x[1], 3, Offsets)),
        ("Gather", "repeats", [[4, 3]], (t, x) => t.Gather(x[0], [2, 0, 2, 3])),
        ("InChunks", "with a rest", [[5, 4], [5, 3]],
            (t, x) => t.InChunks(5, 2, true,
                (part, start, count) => part.Linear(part.Gelu(Part(part, x[1], start, count)), part.Slice(x[0], 1, 0, 3)))),
        ("InChunks", "one chunk", [[5, 4]], (t, x) => t.InChunks(5, 5, true, (part, start, count) => Part(part, x[0], start, count))),
        ("Concat", "middle", [[2, 3, 4], [2, 1, 4]], (t, x) => t.Concat(1, x[0], x[1])),
        ("Concat", "last, twice the same", [[2, 3]], (t, x) => t.Concat(1, x[0], x[0])),
        ("Slice", "middle", [[2, 5, 3]], (t, x) => t.Slice(x[0], 1, 1, 3)),
        ("Slice", "two that overlap", [[2, 5]], (t, x) => t.Mul(t.Slice(x[0], 1, 0, 3), t.Slice(x[0], 1, 1, 3))),
        ("Repeat", "", [[3, 2]], (t, x) => t.Repeat(x[0], 4)),
        ("Patchify", "", [[2, 3, 4, 6]], (t, x) => t.Patchify(x[0], 2)),
        ("Unpatchify", "", [[2, 6, 12]], (t, x) => t.Unpatchify(x[0], 4, 6, 2)),
        ("Unpatchify", "used twice", [[2, 6, 12]], (t, x) => t.Mul(t.Unpatchify(x[0], 4, 6, 2), t.Unpatchify(x[0], 4, 6, 2))),
        ("Sum", "all", [[3, 5]], (t, x) => t.Sum(t.Mul(x[0], x[0]))),
        ("Sum", "first axis", [[3, 5]], (t, x) => t.Sum(t.Mul(x[0], x[0]), 0)),
        ("Sum", "last axis", [[3, 5]], (t, x) => t.Sum(t.Mul(x[0], x[0]), 1)),
        ("Mean", "", [[3, 5]], (t, x) => t.Mean(t.Mul(x[0], x[0]))),
        ("MeanOfSequences", "of one length", [[2, 3, 5]], (t, x) => t.MeanOfSequences(x[0])),
        ("MeanOfSequences", "packed", [[6, 5]], (t, x) => t.MeanOfSequences(t.Scale(x[0], 2), Offsets)),
        ("SquaredError", "weighted", [[3, 2, 11]], (t, x) => t.SquaredError(x[0], Normal(3, 2, 11), Tensor.From([0.5f, 3, 1], 3))),
        ("SquaredError", "of one used twice", [[2, 5]],
            (t, x) => t.Mul(t.SquaredError(x[0], Normal(2, 5), Tensor.From([1, 2], 2)),
                t.SquaredError(x[0], new Tensor(2, 5), Tensor.From([1, 1], 2)))),
        ("CrossEntropy", "", [[3, 11]], (t, x) => t.CrossEntropy(t.Scale(x[0], 3), [4, 0, 10])),
    ];

    public static TheoryData<string, string> Names() => [.. Cases.Select(c => (c.Operation, c.Case))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradient_is_that_of_central_differences(string operation, string name)
    {
        var (_, _, shapes, forward) = Cases.Single(c => c.Operation == operation && c.Case == name);
        var random = new RandomGenerator(7);
        var inputs = shapes.Select(s => Tensor.Normal(random, 1, s)).ToArray();
        var check = GradientCheck.Run(tape => forward(tape, inputs), inputs);
        Assert.True(check.Passed, check.ToString());
    }

    private static Tensor Normal(params int[] shape) => Tensor.Normal(new RandomGenerator(5), 1, shape);

    private static Tensor Part(Tape tape, Tensor x, int start, int count) => tape.Slice(x, 0, start, count);

    [Fact]
    public void Every_operation_is_in_the_list()
    {
        var operations = typeof(Tape).Assembly.GetExportedTypes()
            .Where(type => type.Namespace == typeof(ElementwiseOps).Namespace)
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(method => method.GetParameters() is [{ ParameterType: var first }, ..] && first == typeof(Tape))
            .Select(method => method.Name).Distinct().Order();
        Assert.Equal(operations, Cases.Select(c => c.Operation).Distinct().Order());
    }
}
