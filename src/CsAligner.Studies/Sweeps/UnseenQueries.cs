using CsAligner.Data.Icons;
using CsAligner.Models;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Studies.Sweeps;

/// <summary>Captions of a test, names and all others, none of whose words occurs in a caption that was trained on.</summary>
/// <param name="Texts">By the encoder that the recipe has for texts.</param>
/// <param name="OwnTexts">By the model itself.</param>
/// <param name="ImageOfText">For each caption the row of its image.</param>
internal sealed record UnseenQueries(Tensor Texts, Tensor OwnTexts, long[] ImageOfText)
{
    /// <summary>Finds and embeds them; null if there are none.</summary>
    public static UnseenQueries? Of(IStudySession session, string test, ImagePreprocessing preprocessing, CaptionVocabulary vocabulary,
        EmbedModel model, EmbedModel? textModel)
    {
        using var inputs = CaptionedData.Open(session, test, preprocessing, allCaptions: true);
        int[] unseen = vocabulary.Unseen(inputs.Texts);
        if (unseen.Length == 0) return null;
        string[] captions = [.. unseen.Select(i => inputs.Texts[i])];
        var own = model.NeedTexts("a sweep").EmbedTexts(captions, null, session.Cancellation);
        return new UnseenQueries(textModel?.NeedTexts("\"text_model\"").EmbedTexts(captions, null, session.Cancellation) ?? own, own,
            [.. unseen.Select(i => (long)inputs.ImageOfText[i])]);
    }
}
