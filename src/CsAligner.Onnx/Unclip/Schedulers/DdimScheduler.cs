using CsAligner.Onnx.Unclip.Settings;
namespace CsAligner.Onnx.Unclip.Schedulers;

/// <summary>diffusers' DDIMScheduler without noise of its own (eta 0), which Stable unCLIP runs with.</summary>
internal sealed class DdimScheduler(JsonFields config) : DiffusionScheduler(config, clipsByDefault: true)
{
    private readonly string _spacing = SpacingOf(config);
    private readonly int _offset = config.Whole("steps_offset", 0, 0, 1000);
    private readonly bool _endsClean = config.Flag("set_alpha_to_one", true);

    public override bool DrawsNoise => false;

    private protected override double FinalKept => _endsClean ? 1 : FirstKept;

    public override int[] Times(int steps) => Spaced(_spacing, TrainSteps, steps, _offset);

    public override int Next(int[] times, int index) => times[index] - (TrainSteps / times.Length);

    public override void Step(
        Span<float> sample, ReadOnlySpan<float> prediction, ReadOnlySpan<float> variance, int time, int next, ReadOnlySpan<float> noise)
    {
        double kept = Kept(time), keptNext = Kept(next);
        float root = (float)Math.Sqrt(kept), rest = (float)Math.Sqrt(1 - kept);
        float rootNext = (float)Math.Sqrt(keptNext), restNext = (float)Math.Sqrt(1 - keptNext);
        float[] clean = Clean(sample, prediction, time);
        for (int i = 0; i < clean.Length; i++)
            sample[i] = (rootNext * clean[i]) + (restNext * NoiseOf(sample[i], prediction[i], root, rest));
    }
}
