import type { SelfSubjectReview, TokenReview } from '@typernetes/api/authentication/v1';
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '@typernetes/api/authorization/v1';
import { reviewSelf, reviewToken } from '../authentication/reviews.ts';
import { reviewAccess, reviewLocalAccess, reviewOwnAccess, reviewOwnRules } from '../authorization/reviews.ts';
import { decodeAs, fieldValidationOf, readDocument } from '../handlers/decode.ts';
import { valueReply } from '../handlers/encode.ts';
import type { AnswerHandler, ResourceCall } from '../handlers/resource-call.ts';
import { notAcceptable } from '../request/negotiation.ts';
import type { Security } from './security.ts';

/** The resources that are questions: posted, answered, never stored. */
export function reviewAnswers(security: Security, apiAudiences: readonly string[]): Map<string, AnswerHandler> {
  const { authorize, reads, tokens } = security;
  return new Map<string, AnswerHandler>([
    [
      'tokenreviews.authentication.k8s.io',
      answering<TokenReview>((review) => reviewToken(review, { tokens, apiAudiences })),
    ],
    [
      'selfsubjectreviews.authentication.k8s.io',
      answering<SelfSubjectReview>((review, { context }) => reviewSelf(review, context.user)),
    ],
    [
      'subjectaccessreviews.authorization.k8s.io',
      answering<SubjectAccessReview>((review) => reviewAccess(review, authorize)),
    ],
    [
      'localsubjectaccessreviews.authorization.k8s.io',
      answering<LocalSubjectAccessReview>((review, { namespace }) => reviewLocalAccess(review, namespace, authorize)),
    ],
    [
      'selfsubjectaccessreviews.authorization.k8s.io',
      answering<SelfSubjectAccessReview>((review, { context }) => reviewOwnAccess(review, context.user, authorize)),
    ],
    [
      'selfsubjectrulesreviews.authorization.k8s.io',
      answering<SelfSubjectRulesReview>((review, { context }) => reviewOwnRules(review, context.user, { reads })),
    ],
  ]);
}

function answering<T>(answer: (review: T, call: ResourceCall) => object | Promise<object>): AnswerHandler {
  return async (call) => {
    const { context, served, output } = call;
    if (output.representation.as === 'Table') throw notAcceptable();
    const document = await readDocument(context.request, served.type.kind);
    const validation = fieldValidationOf(context.request.query);
    const review = decodeAs(served.type, document, { validation, context }) as unknown as T;
    return await valueReply(201, await answer(review, call), output);
  };
}
