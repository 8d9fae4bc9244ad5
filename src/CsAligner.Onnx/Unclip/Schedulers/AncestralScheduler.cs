using CsAligner.Onnx.Unclip.Settings;
namespace CsAligner.Onnx.Unclip.Schedulers;

/// <summary>Steps to the mean of the posterior and adds noise: DDPM's.</summary>
internal abstract class AncestralScheduler : DiffusionScheduler
{
    private const double LeastVariance = 1e-20;

    private readonly VarianceKind _variance;

    private protected AncestralScheduler(JsonFields config, string variance)
        : base(config, clipsByDefault: true) =>
        _variance = (config.Text("variance_type") ?? variance) switch
        {
            "fixed_small" or "fixed_small_log" => VarianceKind.Small,
            "fixed_large" => VarianceKind.Large,
            "learned_range" => VarianceKind.LearnedRange,
            _ => throw config.Wrong("variance_type", "fixed_small, fixed_small_log, fixed_large or learned_range"),
        };

    public override bool LearnsVariance => _variance == VarianceKind.LearnedRange;

    public override bool DrawsNoise => true;

    private protected override double FinalKept => 1;

    public override int Next(int[] times, int index) => index + 1 < times.Length ? times[index + 1] : -1;

    public override void Step(
        Span<float> sample, ReadOnlySpan<float> prediction, ReadOnlySpan<float> variance, int time, int next, ReadOnlySpan<float> noise)
    {
        double kept = Kept(time), keptNext = Kept(next), share = kept / keptNext, beta = 1 - share;
        float ofClean = (float)(Math.Sqrt(keptNext) * beta / (1 - kept)),
            ofSample = (float)(Math.Sqrt(share) * (1 - keptNext) / (1 - kept));
        double posterior = Math.Max((1 - keptNext) / (1 - kept) * beta, LeastVariance), least = Math.Log(posterior), most = Math.Log(beta);
        float deviation = (float)Math.Sqrt(_variance == VarianceKind.Large ? beta : posterior);
        float[] clean = Clean(sample, prediction, time);
        for (int i = 0; i < clean.Length; i++)
        {
            float mean = (ofClean * clean[i]) + (ofSample * sample[i]);
            if (LearnsVariance)
            {
                double fraction = (variance[i] + 1.0) / 2;
                deviation = (float)Math.Exp(0.5 * ((fraction * most) + ((1 - fraction) * least)));
            }

            // At time 0 the mean is the sample.
            sample[i] = time > 0 ? mean + (deviation * noise[i]) : mean;
        }
    }
}
