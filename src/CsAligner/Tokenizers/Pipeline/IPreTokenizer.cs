namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Cuts a piece into words. Words are never empty.</summary>
internal interface IPreTokenizer
{
    void Split(Piece piece, List<Piece> words);
}
