// An operation of one's own: checked against central differences, then used in training.
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Tensors.Optimizers;
using OwnOp;

var random = new RandomGenerator(1);

// check begins
var x = Tensor.Normal(random, 1, 3, 5);
GradientCheck.Run(tape => tape.Softplus(x), [x]).ThrowIfFailed();
// check ends

// Logistic regression: the loss is softplus(-label * logit), its mean over the rows.
const int Rows = 200, Width = 4;
Tensor rows = Tensor.Normal(random, 1, Rows, Width), truth = Tensor.From([2, -1, 0.5f, 1], 1, Width), minusLabels = new(Rows, 1);
using (var tape = Tape.Inference())
{
    var logits = tape.Linear(rows, truth);
    for (int i = 0; i < Rows; i++) minusLabels.Span[i] = -MathF.CopySign(1, logits.Span[i]);
}

var weights = new Tensor(1, Width) { RequiresGrad = true };
var optimizer = new AdamW([("weights", weights)]);
float first = 0, last = 0;
for (int step = 0; step < 200; step++)
{
    using var tape = new Tape();
    var loss = tape.Mean(tape.Softplus(tape.Mul(tape.Linear(rows, weights), minusLabels)));
    last = loss.Item;
    if (step == 0) first = last;
    tape.Backward(loss);
    optimizer.Step(learningRate: 0.05);
}

Console.WriteLine(
    $"loss {first:f3} at first, {last:f3} after 200 steps; weights {string.Join(' ', weights.Span.ToArray().Select(w => $"{w:f2}"))}");
return last < 0.3 * first ? 0 : 1;
