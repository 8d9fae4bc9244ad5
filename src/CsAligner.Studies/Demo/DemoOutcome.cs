using CsAligner.Evaluation;
using CsAligner.Studies.Icons;
using CsAligner.Tensors;

namespace CsAligner.Studies.Demo;

/// <summary>One method under one seed on one test set.</summary>
internal sealed record DemoOutcome(DemoMethod Method, ulong Seed, IconPairs Test, Tensor Images, Tensor Texts, AlignmentMeasures Measures,
    NameRecall Names);
